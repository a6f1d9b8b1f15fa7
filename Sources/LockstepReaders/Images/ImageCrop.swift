/// A part of an image, the size that it is resized to, and the window that is cut out of the resized part.
package struct ImageCrop: Equatable, Sendable {
    /// The part of the image, in pixels.
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double
    /// The size to which the part is resized, in pixels.
    package var columns: Int
    package var rows: Int
    /// The window of the resized part, in pixels.
    package var left: Int
    package var top: Int
    package var windowWidth: Int
    package var windowHeight: Int

    /// A part that is resized to the window; its aspect ratio may change.
    package init(x: Double, y: Double, width: Double, height: Double, windowWidth: Int, windowHeight: Int) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
        (columns, rows, left, top) = (windowWidth, windowHeight, 0, 0)
        (self.windowWidth, self.windowHeight) = (windowWidth, windowHeight)
    }

    /// The whole image, resized to a shorter side, and the window at its centre. Lengths are rounded as by
    /// torchvision's Resize and CenterCrop.
    package init(center size: ImageDecoder.Size, shorter: Int, windowWidth: Int, windowHeight: Int) {
        self.init(
            x: 0, y: 0, width: Double(size.width), height: Double(size.height), windowWidth: windowWidth,
            windowHeight: windowHeight)
        if size.width <= size.height {
            (columns, rows) = (shorter, shorter * size.height / size.width)
        } else {
            (columns, rows) = (shorter * size.width / size.height, shorter)
        }
        left = Int((Double(columns - windowWidth) / 2).rounded(.toNearestOrEven))
        top = Int((Double(rows - windowHeight) / 2).rounded(.toNearestOrEven))
    }

    /// The largest of 1, 2, 4 and 8 by which the image can be reduced while it stays at least twice as large as needed.
    package var reduction: Int {
        for factor in [8, 4, 2]
        where width >= Double(2 * columns * factor) && height >= Double(2 * rows * factor) {
            return factor
        }
        return 1
    }

    /// The same part of a smaller version of the image.
    package func scaled(from full: ImageDecoder.Size, to size: ImageDecoder.Size) -> ImageCrop {
        guard full != size else { return self }
        let (across, down) = (
            Double(size.width) / Double(full.width), Double(size.height) / Double(full.height)
        )
        var crop = self
        (crop.x, crop.width) = (x * across, width * across)
        (crop.y, crop.height) = (y * down, height * down)
        return crop
    }
}
