// SPDX-License-Identifier: MIT
#include "data/procedural/procedural_shapes.h"

#include <algorithm>
#include <cmath>

namespace snclr {
namespace {

constexpr float kPi = 3.14159265f;

// Shapes. The size of each makes its area pi.

float Disc(float x, float y) { return std::hypot(x, y) - 1; }

float Box(float x, float y, float half_width, float half_height) {
  return std::max(std::abs(x) - half_width, std::abs(y) - half_height);
}

float Square(float x, float y) { return Box(x, y, 0.8862f, 0.8862f); }

float Triangle(float x, float y) {
  constexpr float kInradius = 0.7776f;
  return std::max(y, 0.8660254f * std::abs(x) - 0.5f * y) - kInradius;
}

float Star(float x, float y) {
  constexpr float kTip = 1.5244f;
  constexpr float kNotch = 0.46f * kTip;
  constexpr float kHalfSector = kPi / 5;
  // One half of one point: the angle from the nearest tip.
  const float angle = std::atan2(x, -y);
  const float turn = 2 * kHalfSector;
  const float from_tip = std::abs(angle - turn * std::round(angle / turn));
  const float radius = std::hypot(x, y);
  const float along = radius * std::cos(from_tip);
  const float across = radius * std::sin(from_tip);
  // The edge runs from the tip to the notch.
  const float edge_along = kNotch * std::cos(kHalfSector) - kTip;
  const float edge_across = kNotch * std::sin(kHalfSector);
  const float length = std::hypot(edge_along, edge_across);
  return ((along - kTip) * edge_across - across * edge_along) / length;
}

float Cross(float x, float y) {
  constexpr float kArm = 1.1640f;
  constexpr float kHalfWidth = 0.35f * kArm;
  return std::min(Box(x, y, kArm, kHalfWidth), Box(x, y, kHalfWidth, kArm));
}

float Ring(float x, float y) {
  constexpr float kMiddle = 0.89f;
  constexpr float kHalfWidth = 0.25f / kMiddle;
  return std::abs(std::hypot(x, y) - kMiddle) - kHalfWidth;
}

// A square on its corner, with half a disc on each upper side.
float Heart(float x, float y) {
  constexpr float kSide = 1.3267f;
  x = std::abs(x);
  y -= 0.12f * kSide;
  const float along = (x + y) * 0.7071068f;   // to the lower right
  const float across = (x - y) * 0.7071068f;  // to the upper right
  const float square = Box(along, across, kSide / 2, kSide / 2);
  const float disc = std::hypot(along, across - kSide / 2) - kSide / 2;
  return std::min(square, disc);
}

float Moon(float x, float y) {
  constexpr float kOuter = 1.4482f;
  x -= 0.3f * kOuter;
  const float bite =
      std::hypot(x - 0.5f * kOuter, y + 0.12f * kOuter) - 0.82f * kOuter;
  return std::max(std::hypot(x, y) - kOuter, -bite);
}

float Flower(float x, float y) {
  constexpr float kRadius = 0.9836f;
  constexpr float kDepth = 0.26f * kRadius;
  const float angle = 6 * std::atan2(x, -y);
  const float radius = std::hypot(x, y);
  // Over how fast it grows, as the edge runs at a slant to the radius, and a
  // little less, as it bends.
  const float slant = 6 * kDepth * std::sin(angle) / std::max(radius, 0.7f);
  return 0.9f * (radius - kRadius - kDepth * std::cos(angle)) /
         std::sqrt(1 + slant * slant);
}

// Where two discs meet, leaning to the right.
float Leaf(float x, float y) {
  constexpr float kDisc = 1.5990f;
  constexpr float kOffset = 0.5f * kDisc;
  const float across = 0.8f * x + 0.6f * y;
  const float along = -0.6f * x + 0.8f * y;
  return std::hypot(std::abs(across) + kOffset, along) - kDisc;
}

// Textures.

// Distance to the nearest whole number, in [0, 0.5].
float ToWhole(float x) { return std::abs(x - std::round(x)); }

// Half of each period is ink.
float Bands(float x) { return ToWhole(x) - 0.25f; }

float Checks(float x, float y) {
  const float a = Bands(x), b = Bands(y);
  const float distance = std::min(std::abs(a), std::abs(b));
  return (a < 0) == (b < 0) ? -distance : distance;
}

// In rows that are half a step apart, as eggs in a box.
float Dots(float x, float y) {
  constexpr float kRows = 1.7320508f;  // two of them
  x *= 0.85f;
  y *= 0.85f / kRows;
  const float even = std::hypot(ToWhole(x), kRows * ToWhole(y));
  const float odd = std::hypot(ToWhole(x + 0.5f), kRows * ToWhole(y + 0.5f));
  return (std::min(even, odd) - 0.3712f) * (1 / 0.85f);
}

float Rings(float x, float y) { return Bands(std::hypot(x, y)); }

float Rays(float x, float y) {
  constexpr float kRays = 12;
  return Bands(std::atan2(y, x) * (kRays / (2 * kPi))) * std::hypot(x, y) *
         (2 * kPi / kRays);
}

float Zigzag(float x, float y) {
  return Bands(y + 1.2f * ToWhole(0.5f * x)) * 0.857f;
}

float Grid(float x, float y) {
  return std::min(ToWhole(x), ToWhole(y)) - 0.1464f;
}

float Marble(float x, float y) {
  const float sum = std::sin(5.1f * x + 1.3f * std::sin(2.3f * y)) +
                    std::sin(4.7f * y + 1.9f * std::sin(1.9f * x)) +
                    std::sin(3.4f * (x - y) + 0.7f);
  return sum * 0.15f;
}

struct Shape {
  const char* name;
  float (*distance)(float x, float y);
};
using Texture = Shape;

// In an order in which the first few are the least alike.
constexpr Shape kShapeTable[kShapes] = {
    {"heart", Heart},   {"star", Star}, {"disc", Disc},
    {"cross", Cross},   {"moon", Moon}, {"triangle", Triangle},
    {"flower", Flower}, {"ring", Ring}, {"leaf", Leaf},
    {"square", Square},
};

constexpr Texture kTextureTable[kTextures] = {
    {"dots", Dots},
    {"stripes", [](float x, float y) { return Bands(y); }},
    {"rings", Rings},
    {"checks", Checks},
    {"bars", [](float x, float y) { return Bands(x); }},
    {"rays", Rays},
    {"diagonals", [](float x, float y) { return Bands((x + y) * 0.7071068f); }},
    {"grid", Grid},
    {"zigzag", Zigzag},
    {"marble", Marble},
};

}  // namespace

const char* ShapeName(int shape) { return kShapeTable[shape].name; }
const char* TextureName(int texture) { return kTextureTable[texture].name; }

float ShapeDistance(int shape, float x, float y) {
  return kShapeTable[shape].distance(x, y);
}

float TextureDistance(int texture, float x, float y) {
  return kTextureTable[texture].distance(x, y);
}

}  // namespace snclr
