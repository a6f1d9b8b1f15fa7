/// The text of a module for PyTorch, put together from its parts.
struct TorchSource {
    let model: ONNXModel
    let name: String
    let description: TorchModule.Description
    let constants: TorchConstants
    let forward: TorchForward

    private var hasTable: Bool { !description.columns.isEmpty }
    private var canPredict: Bool {
        !description.classes.isEmpty && model.outputs.contains { $0.name == "probabilities" }
    }

    var text: String {
        let parts =
            [header, values] + (hasTable ? [TorchEncoding.table(description)] : [])
            + (description.isText ? [TorchEncoding.text] : [])
            + TorchHelper.allCases.filter(forward.helpers.contains).map(\.text) + [scope, network, loading]
        return parts.joined(separator: "\n\n")
    }

    // MARK: The beginning

    private var header: String {
        let isImportable = PythonText.isIdentifier(name)
        let module = isImportable ? name : "network"
        let input =
            hasTable || description.isText
            ? "\(module).encode(\(hasTable ? "rows" : "text"))" : forward.arguments.joined(separator: ", ")
        let result =
            canPredict
            ? "names, probabilities = network.predict(\(input))" : "\(results) = network(\(input))"
        let ports =
            model.inputs.map { "Input: \($0)." } + model.outputs.map { "Output: \($0)." }
        return """
            \"""\(description.title), for PyTorch.

                import \(module)\(isImportable ? "" : "  # rename the file, or load it by importlib")

                network = \(module).load()  # reads the safetensors file beside this file
                \(result)

            \(ports.joined(separator: "\n"))
            Images are [batch, channels, height, width]. Numbers are as the data have them: the network normalizes them.
            Written by `\(model.producer.name) export --torch`, version \(model.producer.version). Needs torch only.
            \"""

            import json
            \(hasTable ? "import math\n" : "")import pathlib

            import torch
            import torch.nn.functional as F
            from torch import nn
            """
    }

    private var results: String {
        model.outputs.map { PythonText.identifier($0.name, excluding: []) }.joined(separator: ", ")
    }

    private var values: String {
        var lines = ["WEIGHTS = pathlib.Path(__file__).with_suffix(\".safetensors\")"]
        func list(_ name: String, _ texts: [String]) {
            let items = PythonText.list(texts.map(PythonText.quoted), column: name.count + 3, indent: "")
            lines.append("\(name) = \(items)")
        }
        if canPredict { list("CLASSES", description.classes) }
        if hasTable {
            lines.append("# The categories of each column of the table; None for numbers.")
            lines.append("COLUMNS = {")
            for column in description.columns {
                let key = "    \(PythonText.quoted(column.name)): "
                let value = column.categories.map {
                    PythonText.list($0.map(PythonText.quoted), column: key.count, indent: "    ")
                }
                lines.append("\(key)\(value ?? "None"),")
            }
            lines.append("}")
            list("MISSING", description.missingTexts)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: The network

    private var scope: String {
        let hasBuffers = constants.declarations.contains { $0.hasPrefix("self._buffer(") }
        let hasConstants = constants.declarations.contains { $0.hasPrefix("self._constant(") }
        return """
            class Scope(nn.Module):
                \"""Tensors and scopes by their names in the weights: scope[0] is the one named 0.\"""

                def __getitem__(self, name):
                    return getattr(self, str(name))

                def _place(self, name):
                    *path, last = name.split(".")
                    scope = self
                    for part in path:
                        if part not in scope._modules:
                            scope.add_module(part, Scope())
                        scope = scope._modules[part]
                    return scope, last

                def _parameter(self, name, *shape):
                    scope, last = self._place(name)
                    scope.register_parameter(last, nn.Parameter(torch.zeros(shape)))

            """
                + (hasBuffers
                    ? """

                        def _buffer(self, name, *shape, dtype=torch.float32):
                            scope, last = self._place(name)
                            scope.register_buffer(last, torch.zeros(shape, dtype=dtype))

                    """ : "")
                + (hasConstants
                    ? """

                        def _constant(self, name, values):
                            self.register_buffer(name, values, persistent=False)

                    """ : "")
    }

    private var network: String {
        func ports(_ ports: [ONNXModel.Port]) -> String {
            ports.map { "\($0.name) \($0.extents)" }.joined(separator: ", ")
        }
        let declarations = constants.declarations.map { "        \($0)\n" }.joined()
        let statements = forward.statements.map { "        \($0)\n" }.joined()
        return """
            class Network(Scope):
                \"""\(ports(model.inputs)) to \(ports(model.outputs)); for any batch.\"""

                def __init__(self):
                    super().__init__()
            \(declarations)
                def forward(self, \(forward.arguments.joined(separator: ", "))):
            \(statements)
            """ + (canPredict ? prediction : "")
    }

    private var prediction: String {
        let arguments = forward.arguments.joined(separator: ", ")
        let index = model.outputs.firstIndex { $0.name == "probabilities" } ?? 0
        let results = "self(\(arguments))" + (model.outputs.count == 1 ? "" : "[\(index)]")
        let names =
            description.isOfOneClass
            ? "[CLASSES[index] for index in probabilities.argmax(1)]"
            : "[[name for name, p in zip(CLASSES, row) if p >= 0.5] for row in probabilities]"
        let summary =
            description.isOfOneClass
            ? "The most probable class of each sample, and the probabilities of all classes."
            : "The classes of each sample whose probability is at least 1/2, and the probabilities of all classes."
        return """

                @torch.no_grad()
                def predict(self, \(arguments)):
                    \"""\(summary)\"""
                    probabilities = \(results)
                    return \(names), probabilities

            """
    }

    // MARK: The weights

    private var loading: String {
        let state =
            constants.hasOwnTensors
            ? "state = read_safetensors(WEIGHTS) | read_safetensors(path)" : "state = read_safetensors(path)"
        return """
            def read_safetensors(path):
                \"""The tensors of a safetensors file by name.\"""
                data = bytearray(pathlib.Path(path).read_bytes())
                start = 8 + int.from_bytes(data[:8], "little")
                types = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64"}
                tensors = {}
                for name, entry in json.loads(data[8:start]).items():
                    if name != "__metadata__":
                        begin, end = entry["data_offsets"]
                        kind = getattr(torch, types[entry["dtype"]])
                        tensors[name] = torch.frombuffer(data[start + begin : start + end], dtype=kind).reshape(entry["shape"])
                return tensors


            def load(path=WEIGHTS):
                \"""The network with the weights of a file: the one beside this file, or model.safetensors of a checkpoint.\"""
                network = Network()
                \(state)
                network.load_state_dict({name: state[name] for name in network.state_dict()})
                return network.eval()

            """
    }
}

extension ONNXModel.Port {
    /// The extents between brackets.
    fileprivate var extents: String { String(description.drop { $0 != "[" }) }
}
