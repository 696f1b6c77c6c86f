// SPDX-License-Identifier: MIT
#include "tools/interchange/script_vit.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/max.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/substitute.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

using torch::jit::Module;

constexpr char kNorm[] = R"(
def forward(self, x: Tensor) -> Tensor:
    return torch.layer_norm(x, [$0], self.weight, self.bias, 1e-06)
)";

constexpr char kAttention[] = R"(
def forward(self, x: Tensor) -> Tensor:
    n, length, width = x.shape
    qkv = torch.linear(x, self.qkv.weight, self.qkv.bias)
    heads = qkv.reshape([n, length, 3, $0, $1]).permute([2, 0, 3, 1, 4])
    mixed = torch.scaled_dot_product_attention(heads[0], heads[1], heads[2])
    joined = mixed.transpose(1, 2).reshape([n, length, width])
    return torch.linear(joined, self.proj.weight, self.proj.bias)
)";

constexpr char kMlp[] = R"(
def forward(self, x: Tensor) -> Tensor:
    hidden = torch.gelu(torch.linear(x, self.fc1.weight, self.fc1.bias))
    return torch.linear(hidden, self.fc2.weight, self.fc2.bias)
)";

constexpr char kBlock[] = R"(
def forward(self, x: Tensor) -> Tensor:
    x = x + self.attn.forward(self.norm1.forward(x))
    return x + self.mlp.forward(self.norm2.forward(x))
)";

constexpr char kPatches[] = R"(
def forward(self, images: Tensor) -> Tensor:
    patches = torch.conv2d(images, self.proj.weight, self.proj.bias, [$0, $0])
    return patches.flatten(2).transpose(1, 2)
)";

constexpr char kVitBegin[] = R"(
def forward(self, images: Tensor) -> Tensor:
    patches = self.patch_embed.forward(images)
    token = self.cls_token.expand([images.size(0), 1, $0])
    x = torch.cat([token, patches], 1) + self.pos_embed
)";

constexpr char kVitEnd[] = R"(    return self.norm.forward(x.select(1, 0))
)";

// Makes modules by their dotted names, parents first.
class Builder {
 public:
  explicit Builder(const VisionTransformer& vit) {
    modules_.emplace("", New("VisionTransformer"));
    for (const auto& item : vit.named_parameters()) {
      const size_t dot = item.key().rfind('.');
      const bool is_root = dot == std::string::npos;
      const std::string owner = is_root ? "" : item.key().substr(0, dot);
      const at::Tensor& value = item.value();
      Get(owner).register_parameter(
          is_root ? item.key() : item.key().substr(dot + 1),
          value.detach().clone().set_requires_grad(value.requires_grad()),
          /*is_buffer=*/false);
    }
  }

  // The module of this name; made, with those above it, where there is none.
  Module& Get(const std::string& name) {
    const auto found = modules_.find(name);
    if (found != modules_.end()) return found->second;
    const size_t dot = name.rfind('.');
    const std::string leaf =
        dot == std::string::npos ? name : name.substr(dot + 1);
    Module module = New(absl::StrCat("Part_", leaf));
    Get(dot == std::string::npos ? "" : name.substr(0, dot))
        .register_module(leaf, module);
    return modules_.emplace(name, module).first->second;
  }

 private:
  Module New(const std::string& type) {
    return Module(c10::QualifiedName(absl::StrCat("__torch__.snclr.", type)),
                  unit_, /*shouldMangle=*/true);
  }

  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::map<std::string, Module> modules_;
};

Module ScriptVit(const VisionTransformer& vit) {
  const VitSize& size = vit.size();
  Builder builder(vit);
  const std::string norm = absl::Substitute(kNorm, size.width);
  std::string forward = absl::Substitute(kVitBegin, size.width);
  builder.Get("patch_embed").define(absl::Substitute(kPatches, size.patch_px));
  builder.Get("norm").define(norm);
  for (int64_t i = 0; i < size.depth; ++i) {
    const std::string block = absl::StrCat("blocks.", i);
    builder.Get(block + ".norm1").define(norm);
    builder.Get(block + ".norm2").define(norm);
    builder.Get(block + ".attn")
        .define(
            absl::Substitute(kAttention, size.heads, size.width / size.heads));
    builder.Get(block + ".mlp").define(kMlp);
    builder.Get(block).define(kBlock);
    absl::StrAppend(&forward, "    x = getattr(self.blocks, \"", i,
                    "\").forward(x)\n");
  }
  Module& root = builder.Get("");
  root.define(forward + kVitEnd);
  root.eval();
  return root;
}

// The widest difference between the file's features and the encoder's.
double Difference(const std::string& bytes, VisionTransformer& vit) {
  const at::NoGradGuard no_grad;
  const int64_t side = vit.size().image_px;
  const at::Tensor images = at::linspace(-3, 40, 2 * 3 * side * side)
                                .sin_()
                                .reshape({2, 3, side, side});
  std::istringstream stream(bytes);
  Module loaded = torch::jit::load(stream);
  const at::Tensor features = loaded.forward({images}).toTensor();
  return (features - vit.Forward(images)).abs().max().item<double>();
}

}  // namespace

absl::StatusOr<std::string> ScriptVitBytes(
    VisionTransformer& vit, const std::map<std::string, std::string>& extra,
    double tolerance) {
  std::string bytes;
  double difference = 0;
  RETURN_IF_ERROR(CatchTorch([&] {
    std::ostringstream stream;
    ScriptVit(vit).save(stream, {extra.begin(), extra.end()});
    bytes = stream.str();
    difference = Difference(bytes, vit);
    return absl::OkStatus();
  })) << "making a TorchScript module";
  if (difference <= tolerance) return bytes;
  return absl::InternalError(
      absl::StrCat("the TorchScript module gives features that differ by ",
                   difference, ", more than ", tolerance));
}

}  // namespace snclr
