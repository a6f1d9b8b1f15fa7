// Which pixels of an image are clothes:
//
//   swift build -c release --product Segmentation
//   scripts/launch -n 2 .build/release/Segmentation train Examples/Segmentation/segmentation.yaml --run-dir runs/unet
import Lockstep

LockstepProgram.main(
    .standard.adding(data: Canvases.self).adding(model: UNet.Configuration.self)
        .adding(task: Segmentation.Configuration.self),
    observers: { [Masks()] })
