// SPDX-License-Identifier: MIT
#include "data/procedural/procedural.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/procedural/procedural_shapes.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr int64_t kFirstTestNumber = int64_t{1} << 40;
constexpr int64_t kTrainImages = 4000;
constexpr int64_t kTestImages = 1000;

// Ten classes are two shapes times five textures: the outline, which pixels
// alone can tell, says which half a class is in and no more.
int Shapes(int classes) {
  return std::max(2, (classes + kTextures - 1) / kTextures);
}
int Shape(int classes, int label) { return label % Shapes(classes); }
int Texture(int classes, int label) { return label / Shapes(classes); }

// Everything that is drawn at random for one image. Lengths are in units of the
// image's side, tones in [0, 1].
struct Scene {
  int shape, texture;
  float center_x, center_y, radius;
  float cosine, sine;  // of the turn
  float period, phase_x, phase_y;
  float paper[3], ink[3];
  float slope_x, slope_y;  // of the light over the paper
};

void DrawTone(float tone, float tint, Random& random, float* color) {
  const double hue = random.Uniform(0, 2 * M_PI);
  for (int channel = 0; channel < 3; ++channel) {
    color[channel] = tone + tint * static_cast<float>(
                                       std::cos(hue - channel * 2 * M_PI / 3));
  }
}

Scene DrawScene(int classes, int label, Random& random) {
  const auto uniform = [&](double low, double high) {
    return static_cast<float>(random.Uniform(low, high));
  };
  Scene scene;
  scene.shape = Shape(classes, label);
  scene.texture = Texture(classes, label);
  scene.radius = uniform(0.24, 0.40);
  scene.center_x = 0.5f + uniform(-0.15, 0.15);
  scene.center_y = 0.5f + uniform(-0.15, 0.15);
  const float turn = uniform(-0.5, 0.5);
  scene.cosine = std::cos(turn);
  scene.sine = std::sin(turn);
  scene.period = uniform(0.10, 0.15);
  scene.phase_x = uniform(0, 1);
  scene.phase_y = uniform(0, 1);
  const bool light_paper = random.Uniform() < 0.5;
  const float dark = uniform(0.12, 0.3);
  const float light = uniform(0.7, 0.88);
  DrawTone(light_paper ? light : dark, 0.03f, random, scene.paper);
  DrawTone(light_paper ? dark : light, 0.03f, random, scene.ink);
  scene.slope_x = uniform(-0.03, 0.03);
  scene.slope_y = uniform(-0.03, 0.03);
  return scene;
}

// How much of a pixel is ink, from its centre's place and its side.
float InkAt(const Scene& scene, float x, float y, float pixel) {
  const auto coverage = [](float distance_px) {
    return std::clamp(0.5f - distance_px, 0.f, 1.f);
  };
  constexpr float kRim = 0.03f;
  const float right = x - scene.center_x;
  const float down = y - scene.center_y;
  const float along = scene.cosine * right + scene.sine * down;
  const float across = scene.cosine * down - scene.sine * right;
  const float edge =
      scene.radius *
      ShapeDistance(scene.shape, along / scene.radius, across / scene.radius);
  if (edge > pixel) return 0;
  const float texture =
      scene.period * TextureDistance(scene.texture,
                                     along / scene.period + scene.phase_x,
                                     across / scene.period + scene.phase_y);
  return coverage(edge / pixel) *
         std::max(coverage((-edge - kRim) / pixel), coverage(texture / pixel));
}

class ProceduralSource : public Source {
 public:
  ProceduralSource(ProceduralSpec spec, int64_t first, int64_t size)
      : spec_(std::move(spec)), first_(first), size_(size) {
    for (int label = 0; label < spec_.classes(); ++label) {
      class_names_.push_back(ProceduralClassName(spec_.classes(), label));
    }
  }

  int64_t size() const override { return size_; }

  const std::vector<std::string>& class_names() const override {
    return class_names_;
  }

  int64_t label(int64_t index) const override {
    return (first_ + index) % spec_.classes();
  }

  std::string name(int64_t index) const override {
    return absl::StrCat("procedural image ", first_ + index);
  }

  absl::StatusOr<EncodedImage> Read(int64_t index) const override {
    const Image image = DrawProceduralImage(spec_, first_ + index);
    EncodedImage encoded;
    encoded.format = EncodedImage::Format::kPlanarRgb;
    encoded.bytes.assign(image.pixels.begin(), image.pixels.end());
    encoded.height = image.height;
    encoded.width = image.width;
    return encoded;
  }

  std::string fingerprint() const override {
    constexpr uint64_t kDrawing = 1;  // another number for another drawing
    Random random(
        spec_.seed(),
        {kStreamProcedural, kDrawing, static_cast<uint64_t>(spec_.classes()),
         static_cast<uint64_t>(spec_.image_size_px()),
         static_cast<uint64_t>(first_), static_cast<uint64_t>(size_)});
    return absl::StrCat(absl::Hex(random.Bits(), absl::kZeroPad16));
  }

 private:
  const ProceduralSpec spec_;
  const int64_t first_;
  const int64_t size_;
  std::vector<std::string> class_names_;
};

}  // namespace

std::string ProceduralClassName(int classes, int label) {
  return absl::StrCat(ShapeName(Shape(classes, label)), "_",
                      TextureName(Texture(classes, label)));
}

Image DrawProceduralImage(const ProceduralSpec& spec, int64_t number) {
  Random random(spec.seed(),
                {kStreamProcedural, static_cast<uint64_t>(number)});
  const Scene scene = DrawScene(
      spec.classes(), static_cast<int>(number % spec.classes()), random);
  const int64_t side = spec.image_size_px();
  const float pixel = 1.f / side;
  Image image;
  image.height = side;
  image.width = side;
  image.pixels.resize(3 * side * side);
  for (int64_t row = 0; row < side; ++row) {
    for (int64_t column = 0; column < side; ++column) {
      const float x = (column + 0.5f) * pixel;
      const float y = (row + 0.5f) * pixel;
      const float ink = InkAt(scene, x, y, pixel);
      const float light = scene.slope_x * (x - 0.5f) +
                          scene.slope_y * (y - 0.5f) +
                          static_cast<float>(random.Uniform(-0.02, 0.02));
      for (int channel = 0; channel < 3; ++channel) {
        const float tone = scene.paper[channel] +
                           ink * (scene.ink[channel] - scene.paper[channel]) +
                           light;
        image.plane(channel)[row * side + column] =
            static_cast<uint8_t>(std::clamp(tone, 0.f, 1.f) * 255 + 0.5f);
      }
    }
  }
  return image;
}

absl::StatusOr<std::unique_ptr<Source>> MakeProceduralSource(
    const ProceduralSpec& spec, Split split, int64_t images) {
  if (spec.classes() < 2 || spec.classes() > kMostProceduralClasses) {
    return absl::InvalidArgumentError(
        absl::StrCat("data.procedural.classes: ", spec.classes(),
                     " is not in [2, ", kMostProceduralClasses, "]"));
  }
  const bool train = split == Split::kTrain;
  if (images == 0) images = train ? kTrainImages : kTestImages;
  return std::make_unique<ProceduralSource>(spec, train ? 0 : kFirstTestNumber,
                                            images);
}

}  // namespace snclr
