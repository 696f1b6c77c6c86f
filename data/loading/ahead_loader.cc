// SPDX-License-Identifier: MIT
#include "data/loading/ahead_loader.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// A batch that is under way on the loader's stream.
struct Ahead {
  absl::StatusOr<Batch> batch = absl::InternalError("unset");
  LoaderFacts facts;               // with this batch
  std::optional<c10::Event> made;  // none where there are no streams
  // Set where more are broken than before this batch.
  std::optional<std::unordered_set<int64_t>> broken_images;
};

class AheadLoader final : public Loader {
 public:
  AheadLoader(std::unique_ptr<Loader> loader, at::Device device)
      : loader_(std::move(loader)),
        device_(device),
        steps_per_epoch_(loader_->steps_per_epoch()),
        facts_(loader_->facts()),
        thread_([this] { Work(); }) {}

  ~AheadLoader() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  int64_t steps_per_epoch() const override { return steps_per_epoch_; }

  absl::StatusOr<Batch> Next() override {
    if (!failure_.ok()) return failure_;
    Ahead ahead = Take();
    facts_ = ahead.facts;
    if (ahead.broken_images) broken_images_ = *std::move(ahead.broken_images);
    failure_ = ahead.batch.status();
    if (failure_.ok()) {
      failure_ = CatchTorch([&] {
        HandOver(ahead);
        return absl::OkStatus();
      });
    }
    if (!failure_.ok()) return failure_;
    return std::move(ahead.batch);
  }

  const std::unordered_set<int64_t>& broken_images() const override {
    return broken_images_;
  }

  LoaderFacts facts() const override { return facts_; }

 private:
  Ahead Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return ahead_.has_value(); });
    Ahead ahead = *std::exchange(ahead_, std::nullopt);
    lock.unlock();
    changed_.notify_all();
    return ahead;
  }

  void HandOver(const Ahead& ahead) const {
    if (!ahead.made) return;
    const c10::Stream stream =
        c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
    ahead.made->block(stream);
    for (const at::Tensor& view : {ahead.batch->view1, ahead.batch->view2}) {
      if (view.defined()) view.record_stream(stream);
    }
  }

  // Runs on the thread.
  void Work() {
    const absl::Status status = CatchTorch([&] {
      std::optional<c10::StreamGuard> guard;
      if (!device_.is_cpu()) {
        // Before the training's kernels, which would hold up the next batch.
        guard.emplace(c10::impl::VirtualGuardImpl(device_.type())
                          .getStreamFromGlobalPool(device_,
                                                   /*isHighPriority=*/true));
      }
      while (MayBegin() && Offer(Make())) {
      }
      return absl::OkStatus();
    });
    if (status.ok()) return;
    Ahead failed;
    failed.batch = status;
    failed.facts = loader_->facts();
    Offer(std::move(failed));
  }

  Ahead Make() {
    Ahead ahead;
    ahead.batch = loader_->Next();
    ahead.facts = loader_->facts();
    const auto& broken = loader_->broken_images();
    if (broken.size() != broken_told_) {
      ahead.broken_images = broken;
      broken_told_ = broken.size();
    }
    if (ahead.batch.ok() && !device_.is_cpu()) {
      ahead.made.emplace(device_.type());
      ahead.made->record(
          c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    }
    return ahead;
  }

  bool MayBegin() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || !ahead_; });
    return !stop_;
  }

  // Whether another is to follow.
  bool Offer(Ahead ahead) {
    const bool more = ahead.batch.ok();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ahead_ = std::move(ahead);
    }
    changed_.notify_all();
    return more;
  }

  const std::unique_ptr<Loader> loader_;  // the thread's
  const at::Device device_;
  const int64_t steps_per_epoch_;
  size_t broken_told_ = 0;  // the thread's

  LoaderFacts facts_;
  absl::Status failure_;
  std::unordered_set<int64_t> broken_images_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;           // guarded by mutex_
  std::optional<Ahead> ahead_;  // guarded by mutex_

  std::thread thread_;  // last: it uses the others
};

}  // namespace

std::unique_ptr<Loader> MakeAheadLoader(std::unique_ptr<Loader> loader,
                                        at::Device device) {
  return std::make_unique<AheadLoader>(std::move(loader), device);
}

}  // namespace snclr
