"""The plain way in Python: FastAPI on uvicorn, an async route that calls onnxruntime.

usage: python fastapi_app.py MODEL PORT [THREADS]
"""

import sys

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI, Request

options = ort.SessionOptions()
options.intra_op_num_threads = int(sys.argv[3]) if len(sys.argv) > 3 else 1
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
outputs = [o.name for o in session.get_outputs()]
app = FastAPI()


@app.get("/v2/health/ready")
async def ready():
    return {"ready": True}


@app.post("/v2/models/{name}/infer")
async def infer(name: str, request: Request):
    body = await request.json()
    feeds = {i["name"]: np.array(i["data"], dtype=np.float32).reshape(i["shape"]) for i in body["inputs"]}
    results = session.run(outputs, feeds)
    return {
        "model_name": name,
        "model_version": "1",
        "outputs": [
            {"name": n, "datatype": "FP32", "shape": list(r.shape), "data": r.ravel().tolist()}
            for n, r in zip(outputs, results)
        ],
    }


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", loop="uvloop", http="httptools")
