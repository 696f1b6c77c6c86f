// SPDX-License-Identifier: MIT
// A checkpoint of another program: its weights by name, and what else it says
// that matters here. Safetensors, torch.save's files and TorchScript modules
// look alike from here on.
#ifndef TOOLS_INTERCHANGE_FOREIGN_FILE_H_
#define TOOLS_INTERCHANGE_FOREIGN_FILE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/interchange/pickle_value.h"
#include "tools/interchange/torch_file.h"

namespace snclr {

// Where //tools:export leaves the encoder's spec (text format): in the metadata
// of safetensors, an entry of torch.save's dicts, an extra file of TorchScript.
inline constexpr char kEncoderKey[] = "encoder_spec";
inline constexpr char kEncoderExtra[] = "encoder_spec.textproto";

class ForeignFile {
 public:
  // NotFound, InvalidArgument, DataLoss as TorchFile::Open and ReadTensorFile
  // say; InvalidArgument also where the file has no weights, naming what it
  // has. Messages name the file.
  static absl::StatusOr<std::unique_ptr<ForeignFile>> Open(
      const std::string& path);

  // "safetensors", "torch.save's zip format", ...
  const std::string& format() const { return format_; }

  // Names of the tensors, sorted: of "state_dict" or "model" where the file has
  // such an entry, of a TorchScript module's parameters and buffers, or of the
  // whole file.
  std::vector<std::string> Names() const;

  // NotFound where there is no such tensor; DataLoss. Messages name file and
  // tensor.
  absl::StatusOr<at::Tensor> Read(const std::string& name) const;

  // The encoder's spec, as //tools:export writes it; "" in any other file.
  const std::string& encoder_spec() const { return encoder_spec_; }

  // What the file calls the network ("vit_small", of MoCo v3's `arch`;
  // "deit_small_patch16_224", of DeiT's `args.model`); "" where it does not.
  const std::string& architecture() const { return architecture_; }

  std::optional<int64_t> epoch() const { return epoch_; }

  // Entries beside the weights, each with what is in it: "optimizer (304
  // tensors)", "scaler".
  const std::vector<std::string>& other_entries() const {
    return other_entries_;
  }

 private:
  absl::Status ReadSafetensors(const std::string& path);
  absl::Status ReadTorch(const std::string& path);
  absl::Status TakeWeights(const PickleValue& root);
  absl::Status TakeScript(const PickleValue& module, const std::string& prefix,
                          int depth);
  void TakeFacts(const PickleValue& root, const std::string& weights_entry);

  std::string path_;
  std::string format_;
  std::unique_ptr<TorchFile> torch_;  // owns what the references mean
  std::map<std::string, std::variant<at::Tensor, TensorRef>> tensors_;
  std::string encoder_spec_;
  std::string architecture_;
  std::optional<int64_t> epoch_;
  std::vector<std::string> other_entries_;
};

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_FOREIGN_FILE_H_
