import LockstepContracts
import LockstepTensors

/// The contents of a batch: named fields, in a fixed order.
public struct BatchSchema: Sendable, Hashable {
    /// The fields.
    public let fields: [BatchField]

    /// Makes a schema. Names must be unique; a field has at most five dimensions, a varying field at least one.
    public init(_ fields: [BatchField]) {
        contract(
            Set(fields.map(\.name)).count == fields.count,
            "BatchSchema: two fields have the same name: \(fields.map(\.name))")
        for field in fields {
            contract(
                field.shape.rank < Shape.maximumRank && field.shape.elementCount > 0
                    && (!field.isVarying || field.shape.rank > 0),
                "BatchSchema: field '\(field.name)' has the shape \(field.shape)\(field.isVarying ? " and is varying" : "")"
            )
        }
        self.fields = fields
    }

    /// The index of the field with a name; nil if there is none.
    public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

    /// The indices of the fields with a role.
    public func indices(_ role: BatchField.Role) -> [Int] {
        fields.indices.filter { fields[$0].role == role }
    }

    /// The size of a sample in bytes, with all fields at their maximum lengths.
    public var sampleByteCount: Int { fields.reduce(0) { $0 + $1.byteCount } }

    /// The names, shapes and types of the fields, for messages.
    public var description: String {
        fields.map { "\($0.name) \($0.shape) \($0.type.rawValue)" }.joined(separator: ", ")
    }
}

/// One field of a sample: its shape, its type, and its purpose.
public struct BatchField: Sendable, Hashable {
    /// The type of a field's numbers. All types except `uint8` have 4 bytes.
    public enum Element: String, Sendable, Hashable {
        /// 32-bit floating point.
        case float32
        /// Signed, 32 bits: classes, tokens, indices.
        case int32
        /// Unsigned, 8 bits: the bytes of images.
        case uint8

        /// The type of a tensor with such numbers.
        public var dtype: DType {
            switch self {
            case .float32: .float32
            case .int32: .int32
            case .uint8: .uint8
            }
        }
    }

    /// What tasks use a field for.
    public enum Role: String, Sendable, Hashable {
        /// An input of the network.
        case input
        /// What the network predicts.
        case target
        /// The weight of a sample in the loss and in metrics; a float32 scalar.
        case weight
        /// Anything else that a task asks for by name.
        case other
    }

    /// The mean and standard deviation with which a number was standardised.
    public struct Units: Sendable, Hashable {
        /// In the units of the data.
        public var mean: Double
        /// In the units of the data; above 0.
        public var deviation: Double

        /// Units.
        public init(mean: Double = 0, deviation: Double = 1) {
            self.mean = mean
            self.deviation = deviation
        }
    }

    /// The name by which tasks ask for the field.
    public var name: String
    /// The shape of one sample; the first extent of a varying field is the maximum length.
    public var shape: Shape
    /// The type of the numbers.
    public var type: Element
    /// The purpose.
    public var role: Role
    /// Whether the first extent varies between samples. A batch pads with zeros to its longest sample, and holds the lengths.
    public var isVarying: Bool
    /// The number of values of class labels, tokens (int32) or binary labels (float32, 2), which are 0 ..< classes;
    /// nil for everything else.
    public var classes: Int?
    /// The number of training samples of each class; empty if unknown.
    public var classCounts: [Int]
    /// The names of the classes; empty if they have no names.
    public var classNames: [String]
    /// The number of bytes of the text of each token; empty if it is unknown, and for everything but tokens.
    /// Unless it is set, each of 256 classes is taken for a byte.
    public var byteCounts: [Int32] {
        get { givenByteCounts ?? (classes == 256 ? [Int32](repeating: 1, count: 256) : []) }
        set { givenByteCounts = newValue }
    }
    private var givenByteCounts: [Int32]?
    /// The units of standardised numbers, one for each element; empty if the numbers are in the units of the data.
    public var units: [Units]

    /// A field.
    public init(
        _ name: String, _ shape: Shape, _ type: Element = .float32, role: Role = .input,
        isVarying: Bool = false,
        classes: Int? = nil, classCounts: [Int] = [], classNames: [String] = [],
        units: [Units] = []
    ) {
        self.name = name
        self.shape = shape
        self.type = type
        self.role = role
        self.isVarying = isVarying
        self.classes = classes
        self.classCounts = classCounts
        self.classNames = classNames
        self.units = units
    }

    /// The size of a sample's numbers in bytes; for a varying field, of the longest sample.
    var byteCount: Int { shape.elementCount * type.dtype.byteCount }
}
