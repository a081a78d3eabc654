"""The vehicle network: from the TensorFlow.js files of a foreign, Apache-2.0 SSDLite-MobileNetV2 to the ONNX file that the recogniser embeds.

    python3 training/vehicles.py convert FOLDER     # model.json and its shards → engines/vision/models/vehicles.onnx
    python3 training/vehicles.py check FOLDER       # the eight-bit file against the floating-point one, on a drawn picture
    python3 training/vehicles.py fixture            # the numbers that engines/vision/src/vehicle/tests.rs compares with

Nothing is trained here. Batch norms are folded, of the 91 COCO classes the five that are vehicles are kept, boxes stay as the network
gives them (decoding needs the anchors, which Rust computes), and the weights become eight-bit numbers with one scale per channel.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
MODEL = HERE.parent / "engines" / "vision" / "models" / "vehicles.onnx"
SIDE = 300
# Numbers of the COCO label map, in the order of VehicleKind's logits: bicycle, car, motorcycle, bus, truck.
CLASSES = [2, 3, 4, 6, 8]
CLASSES_ALL = 91


class Graph:
    """The frozen graph: nodes by name, constants as arrays."""

    def __init__(self, folder):
        model = json.loads((folder / "model.json").read_text())
        self.nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        self.constants = {}
        for group in model["weightsManifest"]:
            data, at = b"".join((folder / path).read_bytes() for path in group["paths"]), 0
            for weight in group["weights"]:
                if "quantization" in weight:
                    raise SystemExit(f"{weight['name']} is quantised; the floating-point files are needed")
                kind = np.dtype({"float32": "<f4", "int32": "<i4"}[weight["dtype"]])
                count = int(np.prod(weight["shape"]))
                self.constants[weight["name"]] = np.frombuffer(data, kind, count, at).reshape(weight["shape"])
                at += count * kind.itemsize
            assert at == len(data), "the shards hold more than the manifest says"


class Converter:
    def __init__(self, graph, is_int8):
        self.graph, self.is_int8 = graph, is_int8
        self.ops, self.initializers, self.made = [], [], {}

    def node(self, op, inputs, **attributes):
        name = f"v{len(self.ops)}"
        self.ops.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weights(self, array, group):
        """One scale per output channel. Depth-wise weights stay as they are: few, and the ones that eight bits hurt."""
        array = array.astype(np.float32)
        if not self.is_int8 or group > 1:
            return self.constant(array)
        scale = np.maximum(np.abs(array).reshape(len(array), -1).max(1), 1e-12).astype(np.float32) / np.float32(127)
        whole = np.clip(np.round(array / scale.reshape(-1, 1, 1, 1)), -127, 127).astype(np.int8)
        return self.node("DequantizeLinear", [self.constant(whole), self.constant(scale), self.constant(np.zeros(len(scale), np.int8))], axis=0)

    def conv(self, x, side, weights, bias, stride, group):
        """TensorFlow's SAME: what is missing is added below and to the right first."""
        kernel, out = weights.shape[2], -(-side // stride)
        missing = max((out - 1) * stride + kernel - side, 0)
        before = missing // 2
        name = self.node("Conv", [x, self.weights(weights, group), self.constant(bias.astype(np.float32))], kernel_shape=[kernel, kernel],
                         strides=[stride, stride], pads=[before, before, missing - before, missing - before], group=group)
        return name, out

    def folded(self, name):
        """A node whose convolution is not written yet: (input name, weights, bias, stride, group, straight way or none)."""
        node, constants = self.graph.nodes[name], self.graph.constants
        operation, inputs = node["op"], node["input"]
        if operation in ("Conv2D", "DepthwiseConv2dNative"):
            weights = constants[inputs[1]].astype(np.float64)
            group = 1 if operation == "Conv2D" else weights.shape[2]
            # height, width, in, out; depthwise height, width, channel, 1.
            weights = weights.transpose(3, 2, 0, 1) if operation == "Conv2D" else weights.transpose(2, 3, 0, 1)
            assert bytes(node["attr"]["padding"]["s"]) == b"SAME"
            stride = int(node["attr"]["strides"]["list"]["i"][1])
            return [inputs[0], weights, np.zeros(len(weights)), stride, group, None]
        if operation == "AddN":
            made = self.folded(inputs[0])
            made[5] = inputs[1]
            return made
        # The optimiser that froze the graph put constants on either side.
        grown, fixed = inputs[:2] if inputs[0] not in constants else inputs[1::-1]
        made = self.folded(grown)
        if operation in ("Add", "BiasAdd"):
            made[2] = made[2] + constants[fixed].reshape(-1)
        elif operation == "Mul":
            factor = constants[fixed].reshape(-1)
            made[1], made[2] = made[1] * factor.reshape(-1, 1, 1, 1), made[2] * factor
        elif operation == "FusedBatchNorm":
            gamma, beta, mean, variance = (constants[i].astype(np.float64) for i in inputs[1:5])
            factor = gamma / np.sqrt(variance + node["attr"]["epsilon"]["f"])
            made[1], made[2] = made[1] * factor.reshape(-1, 1, 1, 1), made[2] * factor + beta - mean * factor
        else:
            raise SystemExit(f"{name}: {operation} is not expected here")
        return made

    def value(self, name):
        """(ONNX name, side in pixels) of a node of the frozen graph."""
        if name not in self.made:
            self.made[name] = self.make(name)
        return self.made[name]

    def make(self, name):
        if name == "Preprocessor/sub":
            # 0..255 → -1..1 is the recogniser's, so that the file has one input of plain numbers.
            return "picture", SIDE
        node = self.graph.nodes[name]
        if node["op"] == "Relu6":
            x, side = self.value(node["input"][0])
            return self.node("Clip", [x, self.zero, self.six]), side
        source, weights, bias, stride, group, straight = self.folded(name)
        if name.endswith("ClassPredictor/BiasAdd"):
            kept = [anchor * CLASSES_ALL + number for anchor in range(len(weights) // CLASSES_ALL) for number in CLASSES]
            weights, bias = weights[kept], bias[kept]
        x, side = self.value(source)
        made, out = self.conv(x, side, weights, bias, stride, group)
        if straight is not None:
            made = self.node("Add", [made, self.value(straight)[0]])
        return made, out

    def convert(self):
        self.zero, self.six = self.constant(np.float32(0)), self.constant(np.float32(6))
        levels = []
        for level in range(6):
            parts = []
            for predictor, width in (("BoxEncodingPredictor", 4), ("ClassPredictor", len(CLASSES))):
                x, side = self.value(f"BoxPredictor_{level}/{predictor}/BiasAdd")
                last = self.node("Transpose", [x], perm=[0, 2, 3, 1])
                anchors = side * side * (3 if level == 0 else 6)
                parts.append(self.node("Reshape", [last, self.constant(np.array([1, anchors, width], np.int64))]))
            levels.append(self.node("Concat", parts, axis=2))
        self.ops.append(helper.make_node("Concat", levels, ["out"], axis=1))
        graph = helper.make_graph(
            self.ops, "vehicles", [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 1917, 4 + len(CLASSES)])], self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="shouhu training/vehicles.py")
        model.ir_version = 8
        model.doc_string = "ssdlite_mobilenet_v2_coco of the TensorFlow object detection model zoo, Apache-2.0; changed: see models/NOTICE"
        onnx.checker.check_model(model)
        return model


def anchors():
    """The network's own places and sizes, (1917, 4) as centre y, centre x, height, width in shares; Rust makes the same."""
    made, scales = [], [0.2 + 0.15 * level for level in range(6)] + [1.0]
    for level, side in enumerate([19, 10, 5, 3, 2, 1]):
        scale = scales[level]
        if level == 0:
            shapes = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
        else:
            shapes = [(scale, 1.0), (scale, 2.0), (scale, 0.5), (scale, 3.0), (scale, 0.3333), (np.sqrt(scale * scales[level + 1]), 1.0)]
        for row in range(side):
            for column in range(side):
                for size, ratio in shapes:
                    made.append(((row + 0.5) / side, (column + 0.5) / side, size / np.sqrt(ratio), size * np.sqrt(ratio)))
    return np.array(made, np.float32)


def drawn():
    """A picture that every language draws alike: 300×300 RGB levels from whole-number arithmetic."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.stack([(x * 7 + y * 3) % 256, (x * y // 16) % 256, (x * 2 + y * 5 + (x // 40) * 60) % 256], -1).astype(np.uint8)


def prepared(picture):
    return (picture.astype(np.float32).transpose(2, 0, 1)[None] * np.float32(2 / 255) - np.float32(1))


def run(model, picture):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    source = model if isinstance(model, (str, bytes)) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"picture": prepared(picture)})[0][0]


def convert(args):
    graph = Graph(Path(args.folder))
    theirs = graph.constants["Postprocessor/ExpandDims"][0]
    ours = anchors()
    corners = np.concatenate([ours[:, :2] - ours[:, 2:] / 2, ours[:, :2] + ours[:, 2:] / 2], 1)
    assert np.abs(corners - theirs).max() < 1e-5, "the anchors are not those of the network"
    model = Converter(graph, not args.float).convert()
    path = Path(args.to)
    path.write_bytes(model.SerializeToString())
    print(f"{path}: {path.stat().st_size} bytes, {sum(int(np.prod(i.dims)) for i in model.graph.initializer)} numbers")


def check(args):
    exact, eight = Converter(Graph(Path(args.folder)), False).convert(), str(args.model)
    a, b = run(exact, drawn()), run(eight, drawn())
    print(f"boxes differ by {np.abs(a[:, :4] - b[:, :4]).mean():.4f} on the mean, {np.abs(a[:, :4] - b[:, :4]).max():.4f} at most; "
          f"logits by {np.abs(a[:, 4:] - b[:, 4:]).mean():.4f} and {np.abs(a[:, 4:] - b[:, 4:]).max():.4f}")


def fixture(args):
    out = run(str(args.model), drawn())
    for row in (0, 500, 1083, 1500, 1916):
        print(f"({row}, [{', '.join(f'{value:.4f}' for value in out[row])}]),")
    print(f"mean {out.mean():.6f}, mean of squares {np.square(out).mean():.6f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run_it in (("convert", convert), ("check", check)):
        sub = commands.add_parser(name)
        sub.set_defaults(run=run_it)
        sub.add_argument("folder", help="with model.json and its shards")
        if name == "convert":
            sub.add_argument("--to", default=MODEL)
            sub.add_argument("--float", action="store_true", help="32-bit weights, for comparing")
        else:
            sub.add_argument("--model", default=MODEL)
    sub = commands.add_parser("fixture")
    sub.set_defaults(run=fixture)
    sub.add_argument("--model", default=MODEL)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
