/// An array of numbers or of texts.
package enum ArrayContent {
    case numbers(RawArray)
    case texts(TextArray)

    /// The extents, outermost first.
    package var extents: [Int] {
        switch self {
        case .numbers(let array): array.extents
        case .texts(let array): array.extents
        }
    }

    /// The extent of the first dimension.
    package var count: Int { extents.first ?? 0 }

    /// The path of the file.
    package var path: String {
        switch self {
        case .numbers(let array): array.path
        case .texts(let array): array.path
        }
    }

    /// The numbers; an array of texts is an error.
    package func requireNumbers() throws(DatasetError) -> RawArray {
        switch self {
        case .numbers(let array): return array
        case .texts(let array):
            throw DatasetError(
                .format, array.path,
                "the array holds texts; only the targets of a classification may be texts",
                advice: "give numbers")
        }
    }
}
