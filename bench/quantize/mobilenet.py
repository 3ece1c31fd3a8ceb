"""usage: mobilenet.py crops <folder> <side> [photo …] | ort <float.onnx> <out.onnx> <method> <crops> | agree <float.onnx> <crops> <model.onnx> …

Crops of real photos for a MobileNet, ONNX Runtime's own quantiser on them, and how many crops models name as the float one does.
"""

import json
import os
import sys

import numpy as np

# Of scikit-image's photos those that are photographs of things; the seeds are fixed.
PHOTOS = ["astronaut", "chelsea", "coffee", "rocket", "stereo_motorcycle"]
SEEDS = {"calibrate": (1, 100), "judge": (2, 500)}


def crops(folder, side, more):
    import skimage.data
    from PIL import Image

    pictures = []
    for name in PHOTOS:
        picture = getattr(skimage.data, name)()
        pictures.append(Image.fromarray(picture[0] if isinstance(picture, tuple) else picture).convert("RGB"))
    pictures += [Image.open(path).convert("RGB") for path in more]
    for name, (seed, count) in SEEDS.items():
        random = np.random.default_rng(seed)
        os.makedirs(os.path.join(folder, name))
        for i in range(count):
            picture = pictures[random.integers(len(pictures))]
            edge = int(random.uniform(0.35, 1) * min(picture.size))
            x, y = (int(random.integers(length - edge + 1)) for length in picture.size)
            crop = picture.crop((x, y, x + edge, y + edge)).resize((side, side), Image.Resampling.BILINEAR)
            if random.integers(2):
                crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            np.save(os.path.join(folder, name, f"{i:03}.npy"), np.asarray(crop, np.float32)[None] / 127.5 - 1)


def read(folder):
    return [np.load(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]


def ort(source, out, method, folder):
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static

    name = onnx.load(source).graph.input[0].name

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(read(folder))

        def get_next(self):
            found = next(self.left, None)
            return None if found is None else {name: found}

    way, activation, channels = method.split(",")
    quantize_static(
        source,
        out,
        Reader(),
        per_channel=channels == "channels",
        activation_type=getattr(QuantType, activation),
        calibrate_method=getattr(CalibrationMethod, way),
    )


def agree(source, folder, models):
    import onnxruntime

    def answers(path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return np.concatenate([session.run(None, {name: crop})[0].reshape(1, -1) for crop in read(folder)])

    whole = answers(source)
    result = {}
    for model in models:
        found = answers(model)
        same = int((found.argmax(1) == whole.argmax(1)).sum())
        result[model] = {
            "same": same,
            "of": len(whole),
            "off": float(np.linalg.norm(found - whole) / np.linalg.norm(whole)),
        }
    print(json.dumps(result))


command, *rest = sys.argv[1:]
if command == "crops":
    crops(rest[0], int(rest[1]), rest[2:])
elif command == "ort":
    ort(*rest)
else:
    agree(rest[0], rest[1], rest[2:])
