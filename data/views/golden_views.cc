// SPDX-License-Identifier: MIT
#include "data/views/golden_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "snclr/core/base/golden_testing.h"
#include "snclr/core/base/logging.h"

namespace snclr {

GoldenView::GoldenView(std::shared_ptr<const GoldenFile> file,
                       nlohmann::json operation)
    : file_(std::move(file)), operation_(std::move(operation)) {
  const at::Tensor bytes = file_->Tensor(operation_.at("input")).contiguous();
  image_.height = bytes.size(1);
  image_.width = bytes.size(2);
  image_.pixels.assign(bytes.data_ptr<uint8_t>(),
                       bytes.data_ptr<uint8_t>() + bytes.numel());
}

std::vector<float> GoldenView::Planes() const {
  return {image_.pixels.begin(), image_.pixels.end()};
}

bool GoldenView::Has(const std::string& form) const {
  return file_->Has("out." + operation_.at("key").get<std::string>() + "." +
                    form);
}

std::vector<double> GoldenView::Expected(const std::string& form) const {
  const at::Tensor tensor =
      file_
          ->Tensor("out." + operation_.at("key").get<std::string>() + "." +
                   form)
          .to(at::kDouble)
          .contiguous();
  return {tensor.data_ptr<double>(),
          tensor.data_ptr<double>() + tensor.numel()};
}

std::vector<double> GoldenView::Distances(
    const std::string& form, const std::vector<float>& planes) const {
  std::vector<double> distances = Expected(form);
  CHECK_EQ(distances.size(), planes.size());
  for (size_t i = 0; i < planes.size(); ++i) {
    distances[i] = form == "float"
                       ? std::abs(distances[i] * 255 - planes[i])
                       : std::abs(distances[i] - std::nearbyint(planes[i]));
  }
  return distances;
}

double GoldenView::Farthest(const std::string& form,
                            const std::vector<float>& planes) const {
  const std::vector<double> distances = Distances(form, planes);
  return *std::max_element(distances.begin(), distances.end());
}

double GoldenView::Mean(const std::string& form,
                        const std::vector<float>& planes) const {
  const std::vector<double> distances = Distances(form, planes);
  return std::accumulate(distances.begin(), distances.end(), 0.0) /
         distances.size();
}

std::vector<GoldenView> GoldenViews(const std::string& operation) {
  std::vector<GoldenView> views;
  for (const char* name : {"drawn_shapes_32", "scene_96", "pillow"}) {
    const auto file = std::make_shared<const GoldenFile>(GoldenTestFile(
        std::string("data/views/testdata/augment__") + name + ".safetensors"));
    for (auto& one : nlohmann::json::parse(file->Text("ops"))) {
      if (one.at("op") == operation) views.emplace_back(file, one);
    }
  }
  CHECK(!views.empty()) << "no golden operation " << operation;
  return views;
}

}  // namespace snclr
