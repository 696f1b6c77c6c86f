// SPDX-License-Identifier: MIT
#include "data/views/augment.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "data/image.h"
#include "data/views/blur.h"
#include "data/views/color.h"
#include "data/views/resample.h"
#include "tools/conformance/cases.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

// Of values in [0, 1].
constexpr double kFloat = 1e-5;
constexpr double kFloatHue = 1e-4;

// In units of 1/255, between our rounded floats and results that were rounded
// or truncated to 8 bits on the way: once at the end, after each of Pillow's
// six box filters, or in an 8-bit hue (where torchvision's own float result is
// up to 9 away from Pillow's, 0.9 in the mean).
constexpr double kBytes = 1;
constexpr double kBytesBlur = 3;
constexpr double kBytesHue = 12;
constexpr double kBytesHueMean = 1.2;
constexpr double kRecipeMean = 2;

Image ImageOf(const at::Tensor& planes) {
  const auto bytes = planes.contiguous();
  TORCH_CHECK(bytes.dim() == 3 && bytes.size(0) == 3 &&
                  bytes.scalar_type() == at::kByte,
              "an image must be [3, H, W] uint8");
  Image image;
  image.height = bytes.size(1);
  image.width = bytes.size(2);
  image.pixels.assign(bytes.data_ptr<uint8_t>(),
                      bytes.data_ptr<uint8_t>() + bytes.numel());
  return image;
}

at::Tensor Resized(const Image& image, const ResizeAxis& rows,
                   const ResizeAxis& columns) {
  auto out = at::empty({3, rows.count, columns.count}, at::kFloat);
  Resample(image, rows, columns, out.data_ptr<float>());
  return out;
}

NormalizeSpec NormalizeOf(const Json& op) {
  NormalizeSpec spec;
  const auto set = [](const Json& values, ChannelsSpec& channels) {
    channels.set_red(values.at(0).get<double>());
    channels.set_green(values.at(1).get<double>());
    channels.set_blue(values.at(2).get<double>());
  };
  set(op.at("mean"), *spec.mutable_mean());
  set(op.at("std"), *spec.mutable_std());
  return spec;
}

// [3, H, W] in [0, 255] -> normalised, and back.
at::Tensor Channels(const ChannelsSpec& channels) {
  auto out = at::empty({3, 1, 1}, at::kFloat);
  out[0].fill_(channels.red());
  out[1].fill_(channels.green());
  out[2].fill_(channels.blue());
  return out;
}
at::Tensor Denormalized(const at::Tensor& planes, const NormalizeSpec& spec) {
  return planes.mul(Channels(spec.std())).add(Channels(spec.mean())).mul(255);
}

// One operation of the list on `image`, in float, [0, 255]; what the expected
// result is called decides between two blurs and two thresholds.
at::Tensor Apply(const Json& op, const Image& image, const std::string& form) {
  const std::string name = op.at("op");
  if (name == "resized_crop") {
    const int64_t size = op.at("size");
    return Resized(image, {op.at("top"), op.at("height"), size, 0, size, false},
                   {op.at("left"), op.at("width"), size, 0, size, false});
  }
  auto out =
      Resized(image, {0, image.height, image.height, 0, image.height, false},
              {0, image.width, image.width, 0, image.width, name == "hflip"});
  float* planes = out.data_ptr<float>();
  const int64_t pixels = image.height * image.width;
  if (name == "hflip") {
  } else if (name == "brightness") {
    AdjustBrightness(op.at("factor"), pixels, planes);
  } else if (name == "contrast") {
    AdjustContrast(op.at("factor"), pixels, planes);
  } else if (name == "saturation") {
    AdjustSaturation(op.at("factor"), pixels, planes);
  } else if (name == "hue") {
    ShiftHue(op.at("factor"), pixels, planes);
  } else if (name == "rgb_to_grayscale") {
    Grayscale(pixels, planes);
    if (op.at("channels") == 1) out = out.narrow(0, 0, 1);
  } else if (name == "gaussian_blur" && form == "pil") {
    BlurThreeBoxes(op.at("sigma"), 3, image.height, image.width, planes);
  } else if (name == "gaussian_blur" && op.at("kernel") == 23) {
    BlurGaussian23(op.at("sigma"), 3, image.height, image.width, planes);
  } else if (name == "solarize") {
    const bool floats = form == "float";
    const double threshold =
        op.at(floats ? "threshold_float" : "threshold_uint8");
    Solarize(floats ? threshold * 255 : threshold, 3 * pixels, planes);
  } else {
    TORCH_CHECK(false, "operation ", op.dump(), " is not known");
  }
  return out;
}

at::Tensor MeanDistance(const at::Tensor& a, const at::Tensor& b) {
  return a.to(at::kDouble).sub(b.to(at::kDouble)).abs().mean();
}

void RequireMean(const std::string& what, const at::Tensor& actual,
                 const at::Tensor& expected, double limit, Verdict& verdict) {
  const double mean = MeanDistance(actual, expected).item<double>();
  verdict.Require(mean <= limit, what + ": mean distance " +
                                     std::to_string(mean) + "/255 is at most " +
                                     std::to_string(limit));
}

double BytesAllowed(const std::string& operation, const std::string& form) {
  if (form == "pil" && operation == "hue") return kBytesHue;
  if (form == "pil" && operation == "gaussian_blur") return kBytesBlur;
  return kBytes;
}

void CheckOperation(const GoldenFile& golden, const Json& op,
                    Verdict& verdict) {
  const Image image = ImageOf(golden.Tensor(op.at("input")));
  const std::string name = op.at("op");
  for (const std::string form : {"float", "uint8", "pil"}) {
    const std::string key = op.at("key").get<std::string>() + "." + form;
    if (!golden.Has("out." + key)) continue;
    const auto expected = golden.Tensor("out." + key);
    const auto actual = Apply(op, image, form);
    if (form == "float") {
      verdict.Compare(key, actual.div(255), expected,
                      {0, name == "hue" ? kFloatHue : kFloat});
      continue;
    }
    const auto rounded = actual.round();
    verdict.Compare(key, rounded.div(255), expected.to(at::kDouble).div(255),
                    {0, (BytesAllowed(name, form) + 0.01) / 255});
    if (name == "hue") {
      RequireMean(key, rounded, expected, kBytesHueMean, verdict);
    }
  }
}

void CheckNormalize(const GoldenFile& golden, const Json& op,
                    Verdict& verdict) {
  const Image image = ImageOf(golden.Tensor(op.at("input")));
  const NormalizeSpec spec = NormalizeOf(op);
  auto out = Resized(image, {0, image.height, image.height, 0, image.height},
                     {0, image.width, image.width, 0, image.width});
  const int64_t pixels = image.height * image.width;
  float* planes = out.data_ptr<float>();
  Normalize(spec.mean().red(), spec.std().red(), pixels, planes);
  Normalize(spec.mean().green(), spec.std().green(), pixels, planes + pixels);
  Normalize(spec.mean().blue(), spec.std().blue(), pixels, planes + 2 * pixels);
  const std::string key = op.at("key").get<std::string>() + ".float";
  verdict.Compare(key, out, golden.Tensor("out." + key), {0, kFloat});
}

ViewParameters ParametersOf(const Json& op) {
  ViewParameters drawn;
  drawn.top = op.at("top");
  drawn.left = op.at("left");
  drawn.height = op.at("height");
  drawn.width = op.at("width");
  drawn.jitter = true;
  for (int i = 0; i < 4; ++i)
    drawn.jitter_order[i] = op.at("jitter_order").at(i);
  drawn.brightness = op.at("brightness");
  drawn.contrast = op.at("contrast");
  drawn.saturation = op.at("saturation");
  drawn.hue = op.at("hue");
  drawn.grayscale = op.at("grayscale");
  drawn.blur = op.contains("sigma") && op.at("sigma").is_number();
  if (drawn.blur) drawn.blur_sigma_px = op.at("sigma");
  drawn.solarize = op.at("solarize");
  drawn.flip = op.at("hflip");
  return drawn;
}

// The whole view. The published one rounds to 8 bits after each operation, so
// only the mean distance says something: one solarized pixel may fall on the
// other side of the threshold.
void CheckRecipe(const GoldenFile& golden, const Json& op, Verdict& verdict) {
  const Image image = ImageOf(golden.Tensor(op.at("input")));
  const NormalizeSpec normalize = NormalizeOf(op);
  ViewSpec view;
  view.mutable_blur()->set_kernel(THREE_BOXES);
  view.mutable_solarize()->set_threshold(128);
  const int64_t size = op.at("size");
  auto out = at::empty({3, size, size}, at::kFloat);
  ApplyView(view, normalize, ParametersOf(op), image, size,
            out.data_ptr<float>());
  const auto actual = Denormalized(out, normalize);
  const std::string key = op.at("key");
  RequireMean(key + ".pil", actual.round(),
              golden.Tensor("out." + key + ".pil"), kRecipeMean, verdict);
  RequireMean(key + ".float", actual,
              Denormalized(golden.Tensor("out." + key + ".float"), normalize),
              kRecipeMean, verdict);
}

}  // namespace

void CheckAugment(const GoldenFile& golden, Verdict& verdict) {
  for (const Json& op : Json::parse(golden.Text("ops"))) {
    const std::string name = op.at("op");
    if (name == "recipe") {
      CheckRecipe(golden, op, verdict);
    } else if (name == "normalize") {
      CheckNormalize(golden, op, verdict);
    } else {
      CheckOperation(golden, op, verdict);
    }
  }
}

}  // namespace snclr
