// SPDX-License-Identifier: MIT
#include "experiments/trainer/restore.h"

#include <ATen/core/grad_mode.h>
#include <google/protobuf/text_format.h>

#include <set>
#include <vector>

#include "absl/crc/crc32c.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "snclr/core/base/checksum_text.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// What a tensor's name begins with when it is the encoder's.
constexpr char kEncoderPrefix[] = "encoder.";

std::string Shape(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes(), ", "), "] ",
                      c10::toString(tensor.scalar_type()));
}

absl::Status CheckSame(const std::string& name, const at::Tensor& saved,
                       const at::Tensor& wanted) {
  if (saved.sizes() == wanted.sizes() &&
      saved.scalar_type() == wanted.scalar_type()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the checkpoint is of another run: its '", name, "' is ",
                   Shape(saved), ", here it is ", Shape(wanted)));
}

// Checks all of `into`, then copies.
absl::Status Restore(const Checkpoint& checkpoint, const NamedTensors& into) {
  for (const auto& [name, tensor] : into) {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the checkpoint is of another run: it has no '", name, "'"));
    }
    RETURN_IF_ERROR(CheckSame(name, found->second, tensor));
  }
  return CatchTorch([&] {
    at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : into) {
      at::Tensor(tensor).copy_(checkpoint.tensors.at(name));
    }
    return absl::OkStatus();
  });
}

NamedTensors EncoderTensors(const Encoder& encoder) {
  NamedTensors tensors;
  for (const auto& item : encoder.named_parameters()) {
    tensors.push_back({kEncoderPrefix + item.key(), item.value()});
  }
  for (const auto& item : encoder.named_buffers()) {
    tensors.push_back({kEncoderPrefix + item.key(), item.value()});
  }
  return tensors;
}

absl::StatusOr<EncoderSpec> EncoderSpecOf(const Checkpoint& checkpoint) {
  EncoderSpec spec;
  if (!google::protobuf::TextFormat::ParseFromString(checkpoint.encoder,
                                                     &spec)) {
    return absl::InvalidArgumentError(
        "the checkpoint's encoder spec has fields that this program does not "
        "know");
  }
  return spec;
}

absl::crc32c_t Extend(absl::crc32c_t crc, const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor flat = tensor.detach().cpu().contiguous();
    crc = absl::ExtendCrc32c(crc, name);
    crc = absl::ExtendCrc32c(
        crc, {static_cast<const char*>(flat.const_data_ptr()), flat.nbytes()});
  }
  return crc;
}

}  // namespace

absl::Status RestoreAll(const Checkpoint& checkpoint,
                        const NamedTensors& into) {
  std::set<std::string> names;
  for (const auto& named : into) names.insert(named.name);
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (names.count(name) == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("the checkpoint is of another run: its '", name, "' ",
                       Shape(tensor), " has no place here"));
    }
  }
  return Restore(checkpoint, into);
}

absl::StatusOr<std::shared_ptr<Encoder>> EncoderOf(
    const Checkpoint& checkpoint) {
  ASSIGN_OR_RETURN(const EncoderSpec spec, EncoderSpecOf(checkpoint));
  // The seed's weights are all replaced.
  ASSIGN_OR_RETURN(std::shared_ptr<Encoder> encoder, MakeEncoder(spec, 0));
  RETURN_IF_ERROR(Restore(checkpoint, EncoderTensors(*encoder)));
  encoder->eval();
  return encoder;
}

absl::StatusOr<std::shared_ptr<Encoder>> LoadEncoder(const std::string& path,
                                                     int64_t* step) {
  std::vector<std::string> damaged;
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadFileOrRun(path, &damaged));
  for (const std::string& line : damaged)
    LOG(WARNING) << "passed over " << line;
  if (step != nullptr) *step = checkpoint.step;
  return EncoderOf(checkpoint);
}

absl::Status CheckSameEncoder(const Checkpoint& checkpoint,
                              const EncoderSpec& wanted) {
  ExperimentSpec saved, here;
  ASSIGN_OR_RETURN(*saved.mutable_encoder(), EncoderSpecOf(checkpoint));
  *here.mutable_encoder() = wanted;
  const std::vector<std::string> differences = DiffSpecs(saved, here);
  if (differences.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the checkpoint is of another encoder: ", differences.front(),
      differences.size() == 1
          ? ""
          : absl::StrCat(" (and ", differences.size() - 1, " more)")));
}

absl::Status RestoreEncoder(const Checkpoint& checkpoint, Encoder& encoder) {
  RETURN_IF_ERROR(CheckSameEncoder(checkpoint, encoder.spec()));
  return Restore(checkpoint, EncoderTensors(encoder));
}

std::string WeightsChecksum(const NamedTensors& trained,
                            const NamedTensors& rest) {
  return ChecksumText(Extend(absl::crc32c_t{0}, trained)) +
         ChecksumText(Extend(absl::crc32c_t{0}, rest));
}

}  // namespace snclr
