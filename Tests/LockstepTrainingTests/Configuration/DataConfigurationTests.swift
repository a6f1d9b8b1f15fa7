import LockstepDatasets
import LockstepExperiment
import LockstepTraining
import Testing

private func runFile(_ data: String) -> String {
    "model: mlp\nbatch: 16\nepochs: 1\noptimizer: adam\ndata:\n  \(data)"
}

private func refusal(_ data: String) -> String {
    do {
        return "accepted: \(try RunFile(yaml: runFile(data), file: "run.yaml").configuration.data)"
    } catch {
        return "\(error)"
    }
}

@Suite struct DataConfigurationTests {
    @Test(
        arguments: [
            ("fashion_mnist:", .fashionMNIST(.init())),
            (
                "fashion_mnist: {validation: 0.1, directory: a/b}",
                .fashionMNIST(.init(directory: "a/b", validation: .fraction(0.1)))
            ),
            (
                "fashion_mnist: {validation: {fold: 1, of: 5}}",
                .fashionMNIST(.init(validation: .fold(index: 1, of: 5)))
            ),
            ("fashion_mnist: {validation: none, normalize: none}", .fashionMNIST(.init(normalize: .none))),
            (
                "fashion_mnist: {augment: [{random_crop: {padding: 2}}, horizontal_flip, {cutout: {size: 8}}]}",
                .fashionMNIST(
                    .init(augment: [
                        .randomCrop(padding: 2), .horizontalFlip(probability: 0.5), .cutout(size: 8),
                    ]))
            ),
            (
                "fashion_mnist: {augment: [{rotation: {degrees: 9}}, {scaling: {minimum: 0.9, maximum: 1.1}}, "
                    + "{brightness_contrast: {brightness: 0.2}}], split_seed: 18446744073709551615}",
                .fashionMNIST(
                    .init(
                        augment: [
                            .rotation(degrees: 9), .scaling(minimum: 0.9, maximum: 1.1),
                            .brightnessContrast(brightness: 0.2, contrast: 0),
                        ], splitSeed: .max))
            ),
            ("cifar10: {directory: x}", .cifar10(.init(directory: "x"))),
            (
                "idx: {train_images: a, train_labels: b, test_images: c, test_labels: d, classes: 3}",
                .idx(.init(trainImages: "a", trainLabels: "b", testImages: "c", testLabels: "d", classes: 3))
            ),
            ("csv: {train: a, target: 5}", .csv(.init(train: "a", target: "5"))),
            (
                "csv: {train: a, test: b, target: t, task: regression, categorical: [x, y], ignore: ['2'], header: false, "
                    + "delimiter: \"\\t\", missing: mean, standardize_targets: false, validation: 0.2}",
                .csv(
                    .init(
                        train: "a", test: "b", target: "t", categorical: ["x", "y"], ignore: ["2"],
                        task: .regression,
                        header: false, delimiter: "\t", missing: .mean, standardizeTargets: false,
                        validation: .fraction(0.2)))
            ),
            (
                "npy: {train_inputs: a, train_targets: b, layout: grey, task: regression}",
                .npy(.init(trainInputs: "a", trainTargets: "b", task: .regression, layout: .grey))
            ),
            ("synthetic", .synthetic(.init())),
            ("text: {path: a}", .text(.init(path: "a"))),
            (
                "text: {path: a, context: 64, validation: 0.1, random_offset: false}",
                .text(
                    .init(path: "a", windows: .init(context: 64, validation: 0.1, randomOffset: false)))
            ),
            ("king_james", .kingJames(.init())),
            (
                "king_james: {context: 256, validation: none, program: b}",
                .kingJames(.init(program: "b", windows: .init(context: 256)))
            ),
            ("shakespeare: {directory: auto}", .shakespeare(.init())),
            (
                "shakespeare: {directory: c, validation: 0.5}",
                .shakespeare(.init(directory: "c", windows: .init(validation: 0.5)))
            ),
            (
                "synthetic: {samples: 500, shape: [8, 8, 1], classes: 3, noise: 0.5, seed: 7}",
                .synthetic(
                    .init(samples: 500, testSamples: 100, shape: [8, 8, 1], classes: 3, noise: 0.5, seed: 7))
            ),
            (
                "hdf5: {train: [a.h5, \"b-*.h5\"], inputs: /x, targets: y, test: t.h5, test_inputs: z}",
                .hdf5(
                    .init(
                        train: ["a.h5", "b-*.h5"], inputs: "/x", targets: "y", test: "t.h5", testInputs: "z"))
            ),
            (
                "jsonl: {train: \"a-{0..9}.jsonl\", target: y, categorical: [b], missing: mean, validation: 0.1}",
                .jsonLines(
                    .init(
                        train: "a-{0..9}.jsonl", target: "y", categorical: ["b"], missing: .mean,
                        preparation: .init(validation: .fraction(0.1))))
            ),
        ] as [(String, DataConfiguration)])
    func recipes(_ data: String, _ expected: DataConfiguration) throws {
        let configuration = try RunFile(yaml: runFile(data)).configuration
        #expect(configuration.data.isSame(as: expected.component))
        #expect(try RunFile(yaml: configuration.yaml()).configuration == configuration)
    }

    @Test(arguments: [
        (
            "fashion_mnst: {}",
            "run.yaml:6: data.fashion_mnst: unknown; it must be one of fashion_mnist, idx, csv, jsonl, npy, "
                + "hdf5, sequences, cifar10, synthetic, text, king_james, shakespeare, tokens, image_folder, "
                + "image_shards, sound_folder; did you mean 'fashion_mnist'?"
        ),
        (
            "fashion_mnist: {validaton: 0.1}",
            "run.yaml:6: data.fashion_mnist.validaton: unknown key; did you mean 'validation'? the command `keys` lists all"
        ),
        (
            "fashion_mnist: {validation: 1.5}",
            "run.yaml:6: data.fashion_mnist.validation: must be a number above 0 and below 1; got 1.5"
        ),
        (
            "fashion_mnist: {validation: [1]}",
            "run.yaml:6: data.fashion_mnist.validation: must be a number above 0 and below 1; got a list"
        ),
        (
            "fashion_mnist: {validation: {fold: 5, of: 5}}",
            "run.yaml:6: data.fashion_mnist.validation.fold: must be a whole number from 0 to 4; got 5"
        ),
        (
            "fashion_mnist:\n    augment:\n      - random_crop: {padding: 2}\n      - cutoff: {}",
            "run.yaml:9: data.fashion_mnist.augment[1].cutoff: unknown; it must be one of random_crop, "
                + "horizontal_flip, rotation, scaling, brightness_contrast, cutout; did you mean 'cutout'?"
        ),
        (
            "fashion_mnist:\n    augment:\n      - horizontal_flip\n      - random_crop: {padding: 0}",
            "run.yaml:9: data.fashion_mnist.augment[1].random_crop.padding: must be a whole number from 1 to 1024; got 0"
        ),
        (
            "fashion_mnist: {augment: horizontal_flip}",
            "run.yaml:6: data.fashion_mnist.augment: must be a list, each element one of random_crop, "
                + "horizontal_flip, rotation, scaling, brightness_contrast, cutout; got horizontal_flip"
        ),
        (
            "csv: {train: x}",
            "run.yaml:6: data.csv.target: is missing; it must be the name of the column to predict"
        ),
        (
            "csv: {train: [], target: y}",
            "run.yaml:6: data.csv.train: must not be an empty list: it is the path of a CSV file, a pattern, or a list of them"
        ),
        (
            "csv: {train: x, target: y, validation: 0.1, validation_file: z}",
            "run.yaml:6: data.csv.validation_file: and validation, a share of the training data, exclude each other: leave one of them out"
        ),
        (
            "csv: {train: x, target: y, ignore: [y]}",
            "run.yaml:6: data.csv.ignore: must not contain the target 'y'"
        ),
        (
            "csv: {train: x, target: y, task: ranking}",
            "run.yaml:6: data.csv.task: must be one of classification, regression, multi_label; got ranking"
        ),
        (
            "idx: {train_images: x}",
            "run.yaml:6: data.idx.train_labels: is missing; it must be the path of an IDX file, a pattern, or a list of them"
        ),
        (
            "npy: {train_inputs: x, train_targets: y, test_targets: z}",
            "run.yaml:6: data.npy.test_inputs: is missing: a test set needs both test_inputs and test_targets"
        ),
        ("cifar10:", "run.yaml:6: data.cifar10.directory: is missing; it must be the path of a folder"),
        (
            "synthetic: {samples: -4}",
            "run.yaml:6: data.synthetic.samples: must be a whole number from 1 to 100000000; got -4"
        ),
        (
            "fashion_mnist:\n    augment: [{scaling: {minimum: 1.2, maximum: 0.9}}]",
            "run.yaml:7: data.fashion_mnist.augment[0].scaling.maximum: must be at least minimum, which is 1.2; got 0.9"
        ),
        (
            "text",
            "run.yaml:5: data.text.path: is missing; it must be the path of a text file, a pattern, or a list of them"
        ),
        (
            "text: {path: x, validation: {fold: 0, of: 5}}",
            "run.yaml:6: data.text.validation: must be a number above 0 and below 1; got a map of keys"
        ),
        (
            "text: {path: x, context: 0}",
            "run.yaml:6: data.text.context: must be a whole number from 1 to 65536; got 0"
        ),
        (
            "king_james: {validation: 1.5}",
            "run.yaml:6: data.king_james.validation: must be a number above 0 and below 1; got 1.5"
        ),
        (
            "king_james: {contxt: 64}",
            "run.yaml:6: data.king_james.contxt: unknown key; did you mean 'context'? the command `keys` lists all"
        ),
        (
            "shakespeare: {augment: [horizontal_flip]}",
            "run.yaml:6: data.shakespeare.augment: unknown key; known here: directory, tokenizer, context, validation, "
                + "random_offset; the command `keys` lists all"
        ),
        (
            "csv: {train: x, target: y, task: language}",
            "run.yaml:6: data.csv.task: must be one of classification, regression, multi_label; got language"
        ),
        (
            "synthetic: {seed: -4}",
            "run.yaml:6: data.synthetic.seed: must be a whole number from 0 to 18446744073709551615; got -4"
        ),
    ])
    func impossibleValues(_ data: String, _ message: String) {
        #expect(refusal(data) == message)
    }
}
