// SPDX-License-Identifier: MIT
#include "data/device_views/device_views.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/decode/decode.h"
#include "data/device_views/view_batch.h"
#include "data/device_views/view_staging.h"
#include "data/image.h"
#include "data/loading/view_maker.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// What the current stream of a device was given until this was made. Where
// there are no streams, all of it is done.
class UntilNow {
 public:
  explicit UntilNow(at::Device device) {
    if (device.is_cpu()) return;
    reached_.emplace(device.type());
    reached_->record(
        c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  }

  void Wait() const {
    if (reached_) reached_->synchronize();
  }

 private:
  std::optional<c10::Event> reached_;
};

// A JPEG that is to be decoded on the device.
struct File {
  EncodedImage encoded;  // empty: none
  ImageSize size;
  int64_t pixels = 0;  // where they will begin
  std::string name;
};

// A batch in the making.
struct DeviceSlot {
  DeviceSlot(int64_t batch, int64_t views, int64_t side_px, bool page_locked)
      : staging(views, side_px, page_locked), files(batch) {}

  ViewStaging staging;
  std::vector<File> files;  // [B]
  std::mutex mutex;
  int64_t decoded_bytes = 0;  // guarded by mutex
  int64_t refused = 0;        // guarded by mutex
  bool is_settled = false;
  at::Tensor decoded;
};

class DeviceViews final : public ViewMaker {
 public:
  DeviceViews(const Source& source, const AugmentationSpec& views,
              const ViewMakerOptions& options, const ResidentImages* resident,
              DeviceDecoder* decoder, at::Device device, at::ScalarType dtype)
      : source_(source),
        views_(views),
        options_(options),
        resident_(resident),
        decoder_(decoder),
        device_(device),
        dtype_(dtype) {
    const int64_t views_of_batch = options.batch * (options.only_view1 ? 1 : 2);
    for (int64_t i = 0; i < options.slots; ++i) {
      slots_.push_back(std::make_unique<DeviceSlot>(
          options.batch, views_of_batch, options.side_px,
          /*page_locked=*/device.is_cuda()));
    }
  }

  absl::Status Make(int64_t at, int64_t item, const SampleKey& key) override {
    thread_local ViewBatch own(0);
    own.Clear();
    own.side_px = options_.side_px;
    DeviceSlot& slot = *slots_[at];
    slot.files[item] = File();
    const ResidentImages::Place* kept =
        resident_ != nullptr ? resident_->Find(key.index) : nullptr;
    if (kept != nullptr) {
      AddViews(DrawTrainingViews(views_, key, kept->size, both()), kept->size,
               kept->pixels, kResident, own);
    } else {
      ASSIGN_OR_RETURN(EncodedImage encoded, source_.Read(key.index));
      ASSIGN_OR_RETURN(const bool later,
                       IsForDevice(encoded, key, item, slot, own));
      if (!later) {
        RETURN_IF_ERROR(DecodeHere(encoded, key, slot, own));
      }
    }
    slot.staging.SetViews(own, item, /*stride=*/options_.batch);
    return absl::OkStatus();
  }

  std::vector<Failed> Settle(int64_t at) override {
    DeviceSlot& slot = *slots_[at];
    slot.is_settled = true;
    std::vector<Failed> failed;
    if (slot.decoded_bytes == 0) return failed;
    slot.decoded = at::empty({slot.decoded_bytes},
                             at::TensorOptions(at::kByte).device(device_));
    std::vector<DeviceDecoder::Job> jobs;
    std::vector<int64_t> items;
    for (int64_t item = 0; item < options_.batch; ++item) {
      const File& file = slot.files[item];
      if (file.encoded.bytes.empty()) continue;
      jobs.push_back({&file.encoded.bytes, file.size,
                      slot.decoded.data_ptr<uint8_t>() + file.pixels});
      items.push_back(item);
    }
    const std::vector<bool> decoded = decoder_->Decode(jobs);
    for (size_t i = 0; i < jobs.size(); ++i) {
      if (decoded[i]) continue;
      ++slot.refused;
      absl::Status status = DecodeInPlace(slot.files[items[i]], slot.decoded);
      if (!status.ok()) failed.push_back({items[i], std::move(status)});
    }
    return failed;
  }

  // What was uploaded and the scratch memory go back to LibTorch's allocator
  // before the kernels are done: it gives them to this stream alone.
  BatchViews Finish(int64_t at) override {
    DeviceSlot& slot = *slots_[at];
    PlacedViews placed = slot.staging.Upload(device_);
    const UntilNow uploaded(device_);  // and decoded
    if (resident_ != nullptr) placed.resident = resident_->pixels();
    placed.decoded = std::exchange(slot.decoded, at::Tensor());
    BatchViews made;
    made.view1 = MakeViews(placed, 0, options_.batch, dtype_);
    if (both()) {
      made.view2 = MakeViews(placed, options_.batch, options_.batch, dtype_);
    }
    uploaded.Wait();
    refused_ += slot.refused;
    slot.staging.Clear();
    slot.refused = slot.decoded_bytes = 0;
    slot.is_settled = false;
    return made;
  }

  int64_t refused_jpegs() const override { return refused_; }

 private:
  bool both() const { return !options_.only_view1; }

  void AddViews(const DrawnViews& drawn, const ImageSize& size, int64_t pixels,
                ImageMemory memory, ViewBatch& own) const {
    own.AddView(views_.view1(), views_.normalize(), drawn.view1, size, pixels);
    if (both()) {
      own.AddView(views_.view2(), views_.normalize(), drawn.view2, size,
                  pixels);
    }
    for (ViewPlan& plan : own.plans) plan.memory = memory;
  }

  // Whether the device will decode this file; then it has its place there, and
  // its views theirs in `own`. Once a batch's files are decoded, none will.
  absl::StatusOr<bool> IsForDevice(EncodedImage& encoded, const SampleKey& key,
                                   int64_t item, DeviceSlot& slot,
                                   ViewBatch& own) const {
    if (decoder_ == nullptr || slot.is_settled ||
        encoded.format != EncodedImage::Format::kJpeg) {
      return false;
    }
    if (!decoder_->Takes(encoded.bytes)) {
      const std::lock_guard<std::mutex> lock(slot.mutex);
      ++slot.refused;
      return false;
    }
    const absl::StatusOr<ImageSize> size = ReadSize(encoded);
    RETURN_IF_ERROR(size.status()) << source_.name(key.index);
    File& file = slot.files[item];
    {
      const std::lock_guard<std::mutex> lock(slot.mutex);
      file.pixels = slot.decoded_bytes;
      slot.decoded_bytes += 3 * size->height * size->width;
    }
    file.encoded = std::move(encoded);
    file.size = *size;
    file.name = source_.name(key.index);
    AddViews(DrawTrainingViews(views_, key, *size, both()), *size, file.pixels,
             kDecoded, own);
    return true;
  }

  absl::Status DecodeHere(const EncodedImage& encoded, const SampleKey& key,
                          DeviceSlot& slot, ViewBatch& own) const {
    thread_local Image image;
    ASSIGN_OR_RETURN(const DrawnViews drawn,
                     DecodeForViews(source_, encoded, views_, key,
                                    options_.side_px, both(), image));
    AddViews(drawn, {image.height, image.width}, slot.staging.AddImage(image),
             kInBatch, own);
    return absl::OkStatus();
  }

  // A file that the device's decoder refused, where it would have put it.
  static absl::Status DecodeInPlace(const File& file,
                                    const at::Tensor& decoded) {
    Image image;
    RETURN_IF_ERROR(DecodeImage(file.encoded, /*reduction=*/1, image))
        << file.name;
    const auto bytes = static_cast<int64_t>(image.pixels.size());
    decoded.narrow(0, file.pixels, bytes)
        .copy_(at::from_blob(image.pixels.data(), {bytes}, at::kByte));
    return absl::OkStatus();
  }

  const Source& source_;
  const AugmentationSpec& views_;
  const ViewMakerOptions options_;
  const ResidentImages* const resident_;
  DeviceDecoder* const decoder_;
  const at::Device device_;
  const at::ScalarType dtype_;
  std::vector<std::unique_ptr<DeviceSlot>> slots_;
  int64_t refused_ = 0;
};

}  // namespace

std::unique_ptr<ViewMaker> MakeDeviceViews(
    const Source& source, const AugmentationSpec& views,
    const ViewMakerOptions& options, const ResidentImages* resident,
    DeviceDecoder* decoder, at::Device device, at::ScalarType dtype) {
  return std::make_unique<DeviceViews>(source, views, options, resident,
                                       decoder, device, dtype);
}

}  // namespace snclr
