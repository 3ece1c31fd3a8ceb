"""usage: peer.py <fp16 | int8 | int4> <model> <out>        What the same takes with ONNX Runtime's own Python tools."""

import sys

import onnx

precision, path, out = sys.argv[1:]
if precision == "fp16":
    from onnxconverter_common import float16

    onnx.save(float16.convert_float_to_float16(onnx.load(path), keep_io_types=True), out)
elif precision == "int8":
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(path, out, per_channel=True, weight_type=QuantType.QInt8)
else:
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(onnx.load(path), block_size=32, is_symmetric=True)
    quantizer.process()
    quantizer.model.save_model_to_file(out)
