// SPDX-License-Identifier: MIT
#include "data/sources/webdataset.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "data/decode/image_format.h"
#include "data/sources/parallel_for.h"
#include "data/sources/read_only_file.h"
#include "data/sources/shard_pattern.h"
#include "data/sources/tar.h"
#include "snclr/core/base/fingerprint.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr int64_t kMaxClasses = 10000000;
constexpr int kIndexThreads = 8;  // waiting for the disk more than computing

struct Sample {
  int64_t offset = 0;
  int64_t size = 0;
  uint64_t key = 0;  // where its name starts in Shard::names
  int32_t label = kUnlabelled;
};

struct Shard {
  std::string path;
  int64_t bytes = 0;
  std::vector<Sample> samples;
  std::string names;  // of the images, each ends with '\0'
  int64_t without_image = 0;
};

// "a/b.c.jpg" -> "a/b" and "c.jpg".
std::pair<absl::string_view, absl::string_view> SplitKey(
    absl::string_view name) {
  const size_t slash = name.rfind('/');
  const size_t start = slash == absl::string_view::npos ? 0 : slash + 1;
  const size_t dot = name.find('.', start);
  if (dot == absl::string_view::npos) return {name, ""};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

// Takes the members of one shard and makes samples of them.
class ShardIndexer {
 public:
  ShardIndexer(const ReadOnlyFile& file, Shard& shard)
      : file_(file), shard_(shard) {}

  absl::Status Add(const TarMember& member) {
    const auto [key, extension] = SplitKey(member.name);
    if (key != key_) Finish();
    key_ = std::string(key);
    in_sample_ = true;
    const std::string kind = absl::AsciiStrToLower(extension);
    if (kind == "cls") return ReadLabel(member);
    if (!has_image_ && (kind == "jpg" || kind == "jpeg" || kind == "png")) {
      has_image_ = true;
      sample_.offset = member.offset;
      sample_.size = member.size;
      sample_.key = shard_.names.size();
      shard_.names.append(member.name.c_str(), member.name.size() + 1);
    }
    return absl::OkStatus();
  }

  // Ends the sample at hand, if there is one.
  void Finish() {
    if (has_image_) {
      shard_.samples.push_back(sample_);
    } else if (in_sample_) {
      ++shard_.without_image;
    }
    sample_ = Sample();
    in_sample_ = has_image_ = false;
  }

 private:
  absl::Status ReadLabel(const TarMember& member) {
    // A number of any sensible length; what follows is not looked at.
    ASSIGN_OR_RETURN(
        const std::string text,
        file_.ReadAt(member.offset, std::min<int64_t>(member.size, 32)));
    if (!absl::SimpleAtoi(text, &sample_.label) || sample_.label < 0 ||
        sample_.label >= kMaxClasses) {
      return absl::DataLossError(absl::StrCat(
          file_.path(), ":", member.name, ": \"",
          absl::StripAsciiWhitespace(text), "\" is no class number"));
    }
    return absl::OkStatus();
  }

  const ReadOnlyFile& file_;
  Shard& shard_;
  std::string key_;
  Sample sample_;
  bool in_sample_ = false;
  bool has_image_ = false;
};

absl::Status IndexShard(Shard& shard) {
  ASSIGN_OR_RETURN(const ReadOnlyFile file, ReadOnlyFile::Open(shard.path));
  shard.bytes = file.size();
  ShardIndexer indexer(file, shard);
  RETURN_IF_ERROR(ForEachTarMember(
      file, [&](const TarMember& member) { return indexer.Add(member); }));
  indexer.Finish();
  return absl::OkStatus();
}

class WebDataset final : public Source {
 public:
  explicit WebDataset(std::vector<Shard> shards) : shards_(std::move(shards)) {
    int64_t classes = 0;
    for (const Shard& shard : shards_) {
      first_of_shard_.push_back(size_);
      size_ += shard.samples.size();
      for (const Sample& sample : shard.samples) {
        classes = std::max<int64_t>(classes, sample.label + 1);
      }
    }
    for (int64_t i = 0; i < classes; ++i) {
      class_names_.push_back(absl::StrCat(i));
    }
  }

  int64_t size() const override { return size_; }
  const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  int64_t label(int64_t index) const override {
    return Locate(index).second.label;
  }
  std::string name(int64_t index) const override {
    const auto [shard, sample] = Locate(index);
    return absl::StrCat(shard.path, ":", &shard.names[sample.key]);
  }

  // Shards are opened anew each time: there may be more of them than a process
  // may hold open.
  absl::StatusOr<EncodedImage> Read(int64_t index) const override {
    const auto [shard, sample] = Locate(index);
    ASSIGN_OR_RETURN(const ReadOnlyFile file, ReadOnlyFile::Open(shard.path));
    ASSIGN_OR_RETURN(std::string bytes,
                     file.ReadAt(sample.offset, sample.size));
    absl::StatusOr<EncodedImage> encoded = AsEncodedImage(std::move(bytes));
    RETURN_IF_ERROR(encoded.status()) << name(index);
    return encoded;
  }

  std::string fingerprint() const override {
    Fingerprint digest;
    for (const Shard& shard : shards_) {
      digest.Add(SplitPath(shard.path)).Add(shard.bytes);
      for (const Sample& sample : shard.samples) {
        digest.Add(&shard.names[sample.key]).Add(sample.size).Add(sample.label);
      }
    }
    return digest.Hex();
  }

 private:
  // The file's name without its folder: a data set that moved is the same.
  static absl::string_view SplitPath(absl::string_view path) {
    return path.substr(path.rfind('/') + 1);
  }

  std::pair<const Shard&, const Sample&> Locate(int64_t index) const {
    const auto after =
        std::upper_bound(first_of_shard_.begin(), first_of_shard_.end(), index);
    const size_t shard = after - first_of_shard_.begin() - 1;
    return {shards_[shard],
            shards_[shard].samples[index - first_of_shard_[shard]]};
  }

  std::vector<Shard> shards_;
  std::vector<int64_t> first_of_shard_;
  std::vector<std::string> class_names_;
  int64_t size_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenWebDataset(
    const WebDatasetSpec& spec, Split split) {
  const bool is_train = split == Split::kTrain;
  const std::string field =
      is_train ? "data.webdataset.train_shards" : "data.webdataset.test_shards";
  const std::string& pattern =
      is_train ? spec.train_shards() : spec.test_shards();
  if (pattern.empty()) return absl::NotFoundError(field + ": not set");
  ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                   FindShards(pattern, field));

  std::vector<Shard> shards(paths.size());
  for (size_t i = 0; i < paths.size(); ++i) shards[i].path = paths[i];
  RETURN_IF_ERROR(ParallelFor(shards.size(), kIndexThreads, [&](int64_t i) {
    return IndexShard(shards[i]);
  }));

  int64_t without_image = 0;
  for (const Shard& shard : shards) without_image += shard.without_image;
  if (without_image > 0) {
    LOG(WARNING) << field << ": left out " << without_image
                 << " samples that have no .jpg, .jpeg or .png";
  }
  auto source = std::make_unique<WebDataset>(std::move(shards));
  if (source->size() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": no images in ", paths.size(), " shards of \"",
                     pattern, "\""));
  }
  return source;
}

}  // namespace snclr
