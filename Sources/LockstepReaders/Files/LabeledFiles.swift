/// Files of samples with their classes.
package struct LabeledFiles: Sendable {
    /// The files.
    package var files: any SampleFiles
    /// The names of the classes, by label; empty without classes.
    package var classNames: [String]
    /// The class of each sample; nil without classes.
    package var labels: [Int32]?
    /// The checksum (CRC-32) of names, sizes and classes. Contents are not read for it.
    package var checksum: UInt32
    /// Notes about the files for the user.
    package var notes: [String]

    package init(
        files: any SampleFiles, classNames: [String], labels: [Int32]?, checksum: UInt32, notes: [String]
    ) {
        self.files = files
        self.classNames = classNames
        self.labels = labels
        self.checksum = checksum
        self.notes = notes
    }
}
