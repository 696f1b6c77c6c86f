// SPDX-License-Identifier: MIT
// Builds with CUDA and nvJPEG alone; no_nvjpeg_decoder.cc is the other half.
#ifdef SNCLR_NVJPEG

#include "data/device_decode/nvjpeg_decoder.h"

#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#include <nvjpeg.h>

#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace snclr {
namespace {

constexpr char kEndMark[] = "\xff\xd9";

template <typename Handle, nvjpegStatus_t (*destroy)(Handle)>
struct Destroyer {
  void operator()(Handle handle) const { destroy(handle); }
};
template <typename Handle, nvjpegStatus_t (*destroy)(Handle)>
using Owned =
    std::unique_ptr<std::remove_pointer_t<Handle>, Destroyer<Handle, destroy>>;
using Library = Owned<nvjpegHandle_t, nvjpegDestroy>;
using State = Owned<nvjpegJpegState_t, nvjpegJpegStateDestroy>;
using Header = Owned<nvjpegJpegStream_t, nvjpegJpegStreamDestroy>;

const unsigned char* Bytes(const std::string& file) {
  return reinterpret_cast<const unsigned char*>(file.data());
}

class NvjpegDecoder final : public DeviceDecoder {
 public:
  NvjpegDecoder(Library library, State state, Header header, int threads)
      : library_(std::move(library)),
        state_(std::move(state)),
        header_(std::move(header)),
        threads_(threads) {}

  bool Takes(const std::string& file) const override {
    if (!absl::EndsWith(file, kEndMark)) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    unsigned components = 0;
    int unsupported = 1;
    return nvjpegJpegStreamParseHeader(library_.get(), Bytes(file), file.size(),
                                       header_.get()) ==
               NVJPEG_STATUS_SUCCESS &&
           nvjpegJpegStreamGetComponentsNum(header_.get(), &components) ==
               NVJPEG_STATUS_SUCCESS &&
           components == 3 &&
           nvjpegDecodeBatchedSupported(library_.get(), header_.get(),
                                        &unsupported) ==
               NVJPEG_STATUS_SUCCESS &&
           unsupported == 0;
  }

  // One bad file fails all that are decoded with it, and which it was is not
  // said: they are then tried one by one, so that none depends on its
  // neighbours.
  std::vector<bool> Decode(const std::vector<Job>& jobs) override {
    const auto count = static_cast<int>(jobs.size());
    if (count == 0 || TryAll(jobs.data(), count)) {
      return std::vector<bool>(jobs.size(), true);
    }
    std::vector<bool> decoded;
    for (const Job& job : jobs) {
      decoded.push_back(count > 1 && TryAll(&job, 1));
    }
    return decoded;
  }

 private:
  bool TryAll(const Job* jobs, int count) {
    std::vector<const unsigned char*> files(count);
    std::vector<size_t> lengths(count);
    std::vector<nvjpegImage_t> images(count);
    for (int i = 0; i < count; ++i) {
      const ImageSize& size = jobs[i].size;
      files[i] = Bytes(*jobs[i].file);
      lengths[i] = jobs[i].file->size();
      for (int channel = 0; channel < 3; ++channel) {
        images[i].channel[channel] =
            jobs[i].planes + channel * size.height * size.width;
        images[i].pitch[channel] = static_cast<size_t>(size.width);
      }
    }
    if (count != prepared_for_) Prepare(count);
    const nvjpegStatus_t status = nvjpegDecodeBatched(
        library_.get(), state_.get(), files.data(), lengths.data(),
        images.data(), c10::cuda::getCurrentCUDAStream());
    TORCH_CHECK(status != NVJPEG_STATUS_ALLOCATOR_FAILURE,
                "nvJPEG: no memory to decode ", count, " images");
    return status == NVJPEG_STATUS_SUCCESS;
  }

  void Prepare(int count) {
    prepared_for_ = -1;
    const nvjpegStatus_t status = nvjpegDecodeBatchedInitialize(
        library_.get(), state_.get(), count, threads_, NVJPEG_OUTPUT_RGB);
    TORCH_CHECK(status == NVJPEG_STATUS_SUCCESS, "nvJPEG: error ",
                static_cast<int>(status), " preparing for ", count, " images");
    prepared_for_ = count;
  }

  const Library library_;  // destroyed after what was made of it
  const State state_;
  mutable std::mutex mutex_;
  const Header header_;  // guarded by mutex_
  const int threads_;
  int prepared_for_ = -1;  // images at a time
};

absl::Status NotThere(const char* what, nvjpegStatus_t status) {
  return absl::UnavailableError(absl::StrCat("nvJPEG does not start: ", what,
                                             " gives error ",
                                             static_cast<int>(status)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceDecoder>> MakeNvjpegDecoder(int threads) {
  nvjpegHandle_t library = nullptr;
  nvjpegStatus_t status =
      nvjpegCreateEx(NVJPEG_BACKEND_GPU_HYBRID, nullptr, nullptr,
                     NVJPEG_FLAGS_BITSTREAM_STRICT, &library);
  if (status != NVJPEG_STATUS_SUCCESS) {
    return NotThere("nvjpegCreateEx", status);
  }
  Library owned_library(library);
  nvjpegJpegState_t state = nullptr;
  status = nvjpegJpegStateCreate(library, &state);
  if (status != NVJPEG_STATUS_SUCCESS) {
    return NotThere("nvjpegJpegStateCreate", status);
  }
  State owned_state(state);
  nvjpegJpegStream_t header = nullptr;
  status = nvjpegJpegStreamCreate(library, &header);
  if (status != NVJPEG_STATUS_SUCCESS) {
    return NotThere("nvjpegJpegStreamCreate", status);
  }
  return std::make_unique<NvjpegDecoder>(std::move(owned_library),
                                         std::move(owned_state), Header(header),
                                         threads);
}

}  // namespace snclr

#endif  // SNCLR_NVJPEG
