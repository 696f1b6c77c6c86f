// SPDX-License-Identifier: MIT
// Images that are drawn, not read: a first run needs no download.
//
// A class is a shape filled with a texture (a disc with rays, a heart with
// dots). Everything else is drawn at random for each image and says nothing
// about the class: position, size, a small turn, the texture's phase, tone and
// contrast of paper and ink, which of the two is lighter, a soft tint of each,
// a gradient and some grain. All shapes have the same area and all textures the
// same share of ink, so neither the mean colour nor a histogram tells classes
// apart.
#ifndef DATA_PROCEDURAL_PROCEDURAL_H_
#define DATA_PROCEDURAL_PROCEDURAL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/image.h"
#include "data/source.h"

namespace snclr {

// Ten shapes times ten textures.
constexpr int kMostProceduralClasses = 100;

// "heart_dots"; label in [0, classes).
std::string ProceduralClassName(int classes, int label);

// Image `number` of the endless list that (seed, classes, image_size_px) names,
// of class number % classes. A pure function of its arguments. `spec` is
// resolved. About 0.05 ms for 32 x 32 pixels.
Image DrawProceduralImage(const ProceduralSpec& spec, int64_t number);

// A split of `images` images (0: 4,000 to train, 1,000 to test), each read
// being a drawing. Training takes the numbers from 0 on and testing those from
// 2^40 on, so the splits never share an image, however many are asked for.
// InvalidArgument for more than kMostProceduralClasses classes.
absl::StatusOr<std::unique_ptr<Source>> MakeProceduralSource(
    const ProceduralSpec& spec, Split split, int64_t images);

}  // namespace snclr

#endif  // DATA_PROCEDURAL_PROCEDURAL_H_
