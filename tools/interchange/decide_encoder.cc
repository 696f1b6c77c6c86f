// SPDX-License-Identifier: MIT
#include "tools/interchange/decide_encoder.h"

#include <google/protobuf/text_format.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/vit.h"
#include "tools/interchange/deduce_vit.h"
#include "tools/interchange/describe_encoder.h"

namespace snclr {
namespace {

constexpr char kFirstWeight[] = "patch_embed.proj.weight";
constexpr char kPositions[] = "pos_embed";

bool IsMoco(const EncoderWeights& weights) {
  return absl::EndsWith(weights.prefix, "base_encoder.") ||
         absl::EndsWith(weights.prefix, "momentum_encoder.");
}

absl::Status Contradiction(int64_t heads, const std::string& whose,
                           int64_t stated, const std::string& by) {
  return absl::InvalidArgumentError(
      absl::StrCat(whose, " says ", heads, " heads, and ", by, " ", stated));
}

struct Heads {
  int64_t count = 0;
  std::string from;
};

// Of weights without a spec.
absl::StatusOr<Heads> FindHeads(const ForeignFile& file,
                                const EncoderWeights& weights, int64_t heads,
                                const std::optional<EncoderSpec>& wanted) {
  const auto first = weights.tensors.find(kFirstWeight);
  const int64_t width =
      first == weights.tensors.end() ? 0 : first->second.size(0);
  const std::string& name = file.architecture();
  const int64_t known = HeadsOf(name, width, IsMoco(weights));
  if (heads > 0 && known > 0 && heads != known) {
    return Contradiction(heads, "--heads", known, name);
  }
  if (heads > 0) return Heads{heads, "--heads"};
  if (known > 0) {
    return Heads{known, absl::StrCat("the file's '", name, "'")};
  }
  if (wanted && wanted->has_vit()) {
    return Heads{VitSizeOf(*wanted).heads, "the spec"};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no weight shows how many attention heads there are: pass --heads "
      "(width ",
      width, "; at 384, MoCo v3's ViT-S has 12, DeiT's and timm's ViT-S 6)"));
}

// What the file says of its encoder, if it was exported from here.
absl::StatusOr<DecidedEncoder> Stated(const ForeignFile& file,
                                      const EncoderWeights& weights,
                                      int64_t heads) {
  DecidedEncoder decided;
  if (!google::protobuf::TextFormat::ParseFromString(file.encoder_spec(),
                                                     &decided.spec) ||
      !decided.spec.has_vit()) {
    return absl::InvalidArgumentError(
        "its encoder spec has fields that this program does not know");
  }
  decided.heads_from = "the spec in the file";
  const int64_t stated = VitSizeOf(decided.spec).heads;
  if (heads > 0 && heads != stated) {
    return Contradiction(heads, "--heads", stated, "the spec in the file");
  }
  return decided;
}

// That fixed positions are those that the encoder computes for itself.
absl::Status CheckPositions(const EncoderWeights& weights,
                            const EncoderSpec& spec) {
  if (spec.vit().positions() == LEARNED) return absl::OkStatus();
  const double distance = DistanceToSinCos(weights.tensors.at(kPositions));
  if (distance <= kSinCosTolerance) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "'", kPositions, "' should be the fixed sin-cos table and is up to ",
      distance, " away from it"));
}

absl::Status CheckWanted(const EncoderSpec& wanted, const EncoderSpec& spec) {
  const std::string there = DescribeSizes(spec), here = DescribeSizes(wanted);
  if (there == here) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "its encoder is not the spec's: ", there, "; the spec has ", here));
}

}  // namespace

absl::StatusOr<DecidedEncoder> DecideEncoder(
    const ForeignFile& file, const EncoderWeights& weights, int64_t heads,
    const std::optional<EncoderSpec>& wanted) {
  DecidedEncoder decided;
  if (!file.encoder_spec().empty()) {
    ASSIGN_OR_RETURN(decided, Stated(file, weights, heads));
  } else {
    ASSIGN_OR_RETURN(const Heads found,
                     FindHeads(file, weights, heads, wanted));
    decided.heads_from = found.from;
    ASSIGN_OR_RETURN(decided.spec, DeduceVit(weights.tensors, found.count));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<Encoder> encoder,
                   MakeEncoder(decided.spec, /*seed=*/0));
  RETURN_IF_ERROR(CheckTensors(weights, *encoder));
  RETURN_IF_ERROR(CheckPositions(weights, decided.spec));
  if (wanted) {
    RETURN_IF_ERROR(CheckWanted(*wanted, decided.spec));
    decided.spec = *wanted;  // which also says what is trained
  }
  return decided;
}

}  // namespace snclr
