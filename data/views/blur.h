// SPDX-License-Identifier: MIT
// Gaussian blur in place on float planes, [channels, height, width].
#ifndef DATA_VIEWS_BLUR_H_
#define DATA_VIEWS_BLUR_H_

#include <cstdint>
#include <vector>

namespace snclr {

// Three box filters along each axis, of together the Gaussian's variance: boxes
// of 2r + 1 pixels with a fractional r, whose outermost pixels count in part
// (Gwosdek et al., SSVM 2011). Beyond the border lies its nearest pixel. This
// is what Pillow's GaussianBlur(sigma) computes, less its rounding to 8 bits.
// Cost O(sigma) a pixel.
void BlurThreeBoxes(double sigma_px, int channels, int64_t height,
                    int64_t width, float* planes);

// The Gaussian at 23 whole offsets, scaled to weight 1; the image is mirrored
// beyond the border without repeating the border itself. As torchvision's
// gaussian_blur(kernel_size=23) for sides of at least 12.
void BlurGaussian23(double sigma_px, int channels, int64_t height,
                    int64_t width, float* planes);

// The filters of both: weights[k] is that of the pixels at the offsets -k and
// k.
void ThreeBoxesWeights(double sigma_px, std::vector<float>& weights);
void Gaussian23Weights(double sigma_px, std::vector<float>& weights);

}  // namespace snclr

#endif  // DATA_VIEWS_BLUR_H_
