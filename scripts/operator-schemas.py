"""Writes src/model/graph/schema/schemas.gen.ts: every version of every operator, as the runtime and the standard declare it.

    pip install onnx==1.23.2 onnxruntime==1.30.0 numpy
    python scripts/operator-schemas.py            # writes the table, and the digest that tests/model/schema.test.ts holds it to
    python scripts/operator-schemas.py --print    # the same facts as JSON, for tests/model/schema.full.test.ts

The standard's own declarations (onnx.defs) win over the runtime's copies of them. From the runtime come com.microsoft,
com.microsoft.nchwc (which its optimiser writes), and the operators that old files have in ai.onnx and that the standard
has dropped, where the CPU provider has a kernel for them.
"""

import hashlib
import json
import re
import sys
from pathlib import Path
from urllib.parse import quote

import numpy
import onnx
import onnxruntime
from onnx import AttributeProto, TensorProto, helper
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

ONNX, RUNTIME = "1.23.2", "1.30.0"
ROOT = Path(__file__).resolve().parent.parent
INFINITE = 2**31 - 1
KINDS = {
    1: "float", 2: "int", 3: "string", 4: "tensor", 5: "graph", 6: "floats", 7: "ints", 8: "strings", 9: "tensors",
    10: "graphs", 11: "sparse", 12: "sparses", 13: "type", 14: "types",
}  # fmt: skip
# Functions of com.microsoft (their schemas do not tell): onnxruntime/core/graph/contrib_ops/bert_defs.cc
FUNCTIONS = {("com.microsoft", "GemmaRotaryEmbedding")}
# A function whose body has an operator without a kernel: RandomUniformLike of opset 22.
BROKEN_FUNCTIONS = {("", "Bernoulli", 22)}


def newest_opset():
    """The newest version of ai.onnx that the runtime loads, found by loading."""
    onnxruntime.set_default_logger_severity(4)
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [info("x")], [info("y")])
    newest = None
    for version in range(17, onnx.defs.onnx_opset_version() + 2):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=10)
        try:
            onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        except Exception:
            break
        newest = version
    return newest


def newest_ir():
    """The newest IR version that the runtime loads."""
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [info("x")], [info("y")])
    newest = None
    for version in range(8, 40):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=version)
        try:
            onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        except Exception:
            break
        newest = version
    return newest


def parameter(formal, minimum):
    standard = hasattr(formal, "type_str")
    option = str(formal.option).split(".")[-1].lower()
    return {
        "name": formal.name,
        "type": (formal.type_str if standard else formal.typeStr).replace(" ", ""),
        "option": option,
        "homogeneous": formal.is_homogeneous if standard else formal.isHomogeneous,
        "minimum": minimum if option == "variadic" else (1 if option == "single" else 0),
    }


def parameters(formals, minimum):
    return [parameter(formal, max(0, minimum - place)) for place, formal in enumerate(formals)]


def default(proto):
    kind = KINDS.get(proto.type)
    if kind is None:
        return None
    bits = lambda number: numpy.float32(number).tobytes()[::-1].hex()
    value = {
        "float": lambda: bits(proto.f),
        "int": lambda: str(proto.i),
        "string": lambda: proto.s.decode(),
        "floats": lambda: [bits(each) for each in proto.floats],
        "ints": lambda: [str(each) for each in proto.ints],
        "strings": lambda: [each.decode() for each in proto.strings],
    }[kind]()
    return {"kind": kind, "value": value}


def attribute(declared):
    raw = getattr(declared, "_default_value", None)
    proto = AttributeProto.FromString(raw) if raw is not None else declared.default_value
    number = int(declared.type.value) if hasattr(declared.type, "value") else int(declared.type)
    return {
        "name": declared.name,
        "kind": KINDS[number],
        "required": declared.required,
        "default": default(proto),
    }


def has_kernel(key, since, kernels, history):
    """Whether a kernel stands for a version: one of a range with an end for all in it, one without an end for its first."""
    known = [each for each in history.get(key, ()) if each <= since]
    version = max(known, default=since)
    return any(low == version or (high != INFINITE and low <= version <= high) for low, high in kernels.get(key, ()))


def schema(declared, kernels, history):
    key = (declared.domain, declared.name)
    functions = getattr(declared, "has_function", False) or getattr(declared, "has_context_dependent_function", False)
    since = declared.since_version
    return {
        "domain": declared.domain,
        "name": declared.name,
        "since": since,
        "deprecated": declared.deprecated,
        "cpu": (bool(functions) and (*key, since) not in BROKEN_FUNCTIONS)
        or key in FUNCTIONS
        or key == ("", "Constant")
        or has_kernel(key, since, kernels, history),
        "inputs": parameters(declared.inputs, declared.min_input),
        "outputs": parameters(declared.outputs, declared.min_output),
        "arity": [declared.min_input, declared.max_input, declared.min_output, declared.max_output],
        "attributes": sorted(map(attribute, declared.attributes.values()), key=lambda each: each["name"]),
        "types": [
            {
                "name": each.type_param_str,
                "allowed": sorted({name.replace(" ", "") for name in each.allowed_type_strs}),
            }
            for each in sorted(declared.type_constraints, key=lambda each: each.type_param_str)
        ],
    }


def schemas():
    kernels = {}
    for each in runtime.get_all_opkernel_def():
        if each.provider == "CPUExecutionProvider":
            kernels.setdefault((each.domain, each.op_name), []).append(tuple(each.version_range))
    history = {}
    for each in runtime.get_all_operator_schema():
        history.setdefault((each.domain, each.name), []).append(each.since_version)
    found = {}
    for each in onnx.defs.get_all_schemas_with_history():
        found[each.domain, each.name, each.since_version] = schema(each, kernels, history)
    for each in runtime.get_all_operator_schema():
        key = (each.domain, each.name, each.since_version)
        known = each.domain == "com.microsoft" or (each.domain, each.name) in kernels
        if key not in found and known:
            found[key] = schema(each, kernels, history)
    return [found[key] for key in sorted(found)]


def encode_parameter(each):
    option = {"single": "", "optional": "?", "variadic": "*" if each["homogeneous"] else "~"}[each["option"]]
    minimum = each["minimum"] if each["option"] == "variadic" else ""
    return f"{each['name']}{option}{minimum}:{each['type']}"


def encode_attribute(each):
    code = {
        "float": "f", "int": "i", "string": "s", "tensor": "t", "graph": "g", "floats": "F", "ints": "I", "strings": "S",
        "tensors": "T", "graphs": "G", "sparse": "p", "sparses": "P", "type": "y", "types": "Y",
    }[each["kind"]]  # fmt: skip
    text = f"{each['name']}:{code}{'!' if each['required'] else ''}"
    if each["default"] is None:
        return text
    assert each["default"]["kind"] == each["kind"], each
    value = each["default"]["value"]
    values = [value] if isinstance(value, str) else value
    if each["kind"] in ("float", "floats"):
        # The shortest decimal that means this float32.
        values = [str(numpy.frombuffer(bytes.fromhex(item), ">f4")[0]) for item in values]
    return f"{text}={';'.join(quote(item, safe='+') for item in values)}"


def arity(formals):
    low = high = 0
    for place, each in enumerate(formals):
        # A list that may be empty still makes what stands before it countable: Loop has two inputs at least.
        if each["minimum"] or each["option"] == "variadic":
            low = place + each["minimum"]
        high = INFINITE if each["option"] == "variadic" else place + 1
    return [low, high]


def encode(all_schemas):
    types = sorted({name for each in all_schemas for group in each["types"] for name in group["allowed"]})
    sets = sorted({tuple(group["allowed"]) for each in all_schemas for group in each["types"]})
    place = {each: numpy.base_repr(index, 36).lower() for index, each in enumerate(sets)}
    lines, domain, name, before = [], None, None, []
    for each in all_schemas:
        if each["domain"] != domain:
            domain, name = each["domain"], None
            lines.append(f"@{domain}")
        if each["name"] != name:
            name, before = each["name"], [None] * 4
            lines.append(f"#{name}")
        derived = arity(each["inputs"]) + arity(each["outputs"])
        if derived != each["arity"]:
            raise SystemExit(f"{name} {each['since']}: {derived} is not {each['arity']}")
        fields = [
            ",".join(map(encode_parameter, each["inputs"])),
            ",".join(map(encode_parameter, each["outputs"])),
            ",".join(map(encode_attribute, each["attributes"])),
            ",".join(f"{group['name']}:{place[tuple(group['allowed'])]}" for group in each["types"]),
        ]
        flags = ("d" if each["deprecated"] else "") + ("" if each["cpu"] else "-")
        same = ["^" if now == was else now for now, was in zip(fields, before)]
        lines.append("|".join([f"{each['since']}{flags}", *same]))
        before = fields
    text = "\n".join(lines)
    assert not re.search(r"[`\\$]", text)
    index = {each: numpy.base_repr(place, 36).lower() for place, each in enumerate(types)}
    return types, [".".join(index[name] for name in each) for each in sets], text


def main():
    assert onnx.__version__ == ONNX and onnxruntime.__version__ == RUNTIME, "other versions than the pinned ones"
    all_schemas = schemas()
    # Digested and compared as text: numbers and names, no floats.
    canonical = json.dumps(all_schemas, separators=(",", ":"), ensure_ascii=False)
    if "--print" in sys.argv:
        print(canonical)
        return
    types, sets, text = encode(all_schemas)
    domains = {}
    for each in all_schemas:
        domains[each["domain"]] = max(domains.get(each["domain"], 0), each["since"])
    domains[""] = onnx.defs.onnx_opset_version()
    (ROOT / "src/model/graph/schema/schemas.gen.ts").write_text(
        f"""// Written by scripts/operator-schemas.py from onnx {ONNX} and onnxruntime {RUNTIME}; schema.ts tells how it is read.

/** The newest version of ai.onnx that ONNX Runtime {RUNTIME} loads. */
export const RUNTIME_OPSET = {newest_opset()};
/** The newest IR version that ONNX Runtime {RUNTIME} loads. */
export const RUNTIME_IR = {newest_ir()};
/** The newest IR version of onnx {ONNX}. */
export const NEWEST_IR = {onnx.IR_VERSION};
/** The newest version of every domain that is known here. */
export const DOMAINS: readonly (readonly [domain: string, newest: number])[] = {json.dumps([list(each) for each in domains.items()])};

export const TYPES = "{",".join(types)}";

export const SETS = "{",".join(sets)}";

export const SCHEMAS = `{text}`;
"""
    )
    (ROOT / "tests/fixtures/model/operator-schemas.json").write_text(
        json.dumps(
            {
                "onnx": ONNX,
                "onnxruntime": RUNTIME,
                "schemas": len(all_schemas),
                "sha256": hashlib.sha256(canonical.encode()).hexdigest(),
            },
            indent=2,
        )
        + "\n"
    )


main()
