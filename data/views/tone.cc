// SPDX-License-Identifier: MIT
#include "data/views/tone.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "data/views/simd.h"

namespace snclr {
namespace {

constexpr int kChannels = 3;
constexpr int kTones = 256;

int Byte(float value) {
  return std::clamp(static_cast<int>(std::nearbyint(value)), 0, kTones - 1);
}

// The map that spreads a histogram evenly. Tones begin in the middle of the
// pixels that each new tone has room for; the last occupied tone is left out of
// that room, so that it becomes 255 (Pillow's ImageOps.equalize).
std::array<float, kTones> EqualizingMap(
    const std::array<int64_t, kTones>& count) {
  std::array<float, kTones> map;
  for (int tone = 0; tone < kTones; ++tone) map[tone] = tone;
  int64_t pixels = 0, last = 0;
  for (const int64_t of_tone : count) {
    pixels += of_tone;
    if (of_tone > 0) last = of_tone;
  }
  const int64_t room = (pixels - last) / (kTones - 1);
  if (room == 0) return map;
  int64_t below = room / 2;
  for (int tone = 0; tone < kTones; ++tone) {
    map[tone] = std::min<int64_t>(below / room, kTones - 1);
    below += count[tone];
  }
  return map;
}

}  // namespace

void AutoContrast(int64_t pixels, float* planes) {
  for (int c = 0; c < kChannels; ++c) {
    float* plane = planes + c * pixels;
    const auto [least, most] = std::minmax_element(plane, plane + pixels);
    const float low = *least, high = *most;
    if (high <= low) continue;
    const float scale = 255 / (high - low);
    for (int64_t i = 0; i < pixels; ++i) {
      plane[i] = std::min((plane[i] - low) * scale, 255.0f);
    }
  }
}

void Equalize(int64_t pixels, float* planes) {
  for (int c = 0; c < kChannels; ++c) {
    float* plane = planes + c * pixels;
    std::array<int64_t, kTones> count{};
    for (int64_t i = 0; i < pixels; ++i) ++count[Byte(plane[i])];
    const std::array<float, kTones> map = EqualizingMap(count);
    for (int64_t i = 0; i < pixels; ++i) plane[i] = map[Byte(plane[i])];
  }
}

void Posterize(int bits, int64_t pixels, float* planes) {
  const int mask = (0xFF << (8 - bits)) & 0xFF;
  for (int64_t i = 0; i < kChannels * pixels; ++i) {
    planes[i] = static_cast<float>(Byte(planes[i]) & mask);
  }
}

SNCLR_PIXEL_LOOP
void SolarizeAdd(float add, float threshold, int64_t pixels, float* planes) {
  for (int64_t i = 0; i < kChannels * pixels; ++i) {
    const float raised = planes[i] + add < 255 ? planes[i] + add : 255.0f;
    planes[i] = planes[i] < threshold ? raised : planes[i];
  }
}

void AdjustSharpness(float factor, int64_t height, int64_t width,
                     float* planes) {
  static thread_local std::vector<float> source;
  const int64_t pixels = height * width;
  source.assign(planes, planes + kChannels * pixels);
  for (int c = 0; c < kChannels; ++c) {
    for (int64_t y = 1; y + 1 < height; ++y) {
      const float* middle = source.data() + c * pixels + y * width;
      float* out = planes + c * pixels + y * width;
      for (int64_t x = 1; x + 1 < width; ++x) {
        float sum = 4 * middle[x];
        for (int64_t k = x - 1; k <= x + 1; ++k) {
          sum += middle[k - width] + middle[k] + middle[k + width];
        }
        const float smooth = sum / 13;
        out[x] =
            std::clamp(smooth + factor * (middle[x] - smooth), 0.0f, 255.0f);
      }
    }
  }
}

}  // namespace snclr
