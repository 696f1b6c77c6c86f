// SPDX-License-Identifier: MIT
// The shapes and textures of the procedural source, as signed distances:
// negative inside. What is a pixel's width away from an edge can be drawn
// smoothly. Coordinates are x to the right and y down, as in images.
#ifndef DATA_PROCEDURAL_PROCEDURAL_SHAPES_H_
#define DATA_PROCEDURAL_PROCEDURAL_SHAPES_H_

namespace snclr {

constexpr int kShapes = 10;
constexpr int kTextures = 10;

const char* ShapeName(int shape);
const char* TextureName(int texture);

// How far (x, y) is from the edge of a shape around the origin. Every shape has
// the area of a disc of radius 1. Exact near straight edges, a lower bound near
// corners.
float ShapeDistance(int shape, float x, float y);

// How far (x, y) is from the edge of a texture's ink. Its period is about 1,
// and ink covers half of the plane.
float TextureDistance(int texture, float x, float y);

}  // namespace snclr

#endif  // DATA_PROCEDURAL_PROCEDURAL_SHAPES_H_
