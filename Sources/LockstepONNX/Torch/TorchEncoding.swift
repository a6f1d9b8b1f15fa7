/// The functions of a module for PyTorch that make the input of the network from data which are not numbers.
enum TorchEncoding {
    /// Rows of a table.
    static func table(_ description: TorchModule.Description) -> String {
        let missing =
            description.canMiss
            ? "return [math.nan] if categories is None else [0.0] * len(categories)"
            : "raise ValueError(f\"column {column!r} has no value\")"
        return """
            def encode(rows):
                \"""Rows of the table, each with its values by column as csv.DictReader has them, as the input of the network.\"""
                lines = [[_encode(column, categories, row[column]) for column, categories in COLUMNS.items()] for row in rows]
                return torch.tensor([sum(line, []) for line in lines], dtype=torch.float64)


            def _encode(column, categories, value):
                \"""The numbers of a value; of a category a 1 for it and a 0 for each other one.\"""
                if value is None or value in MISSING:
                    \(missing)
                if categories is None:
                    return [float(value)]
                if str(value) not in categories:
                    raise ValueError(f"{value!r} in column {column!r} is none of {categories}")
                return [float(str(value) == category) for category in categories]

            """
    }

    /// A text.
    static let text = """
        def encode(text):
            \"""The bytes of a text as the input of the network, for a batch of one.\"""
            return torch.tensor([list(text.encode())])

        """
}
