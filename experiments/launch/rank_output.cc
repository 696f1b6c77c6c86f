// SPDX-License-Identifier: MIT
#include "experiments/launch/rank_output.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace snclr {
namespace {

// A line without an end is cut here.
constexpr size_t kLongestLine = 64 << 10;

// What a terminal shows at the end of a line that was redrawn.
absl::string_view LastState(absl::string_view line) {
  while (absl::ConsumeSuffix(&line, "\r")) {
  }
  const size_t redrawn = line.rfind('\r');
  if (redrawn != absl::string_view::npos) line.remove_prefix(redrawn + 1);
  absl::ConsumePrefix(&line, "\033[K");
  return line;
}

}  // namespace

RankOutput::RankOutput(std::FILE* out, std::FILE* error,
                       const std::vector<int>& ranks, bool live)
    : out_(out), error_(error), live_(live) {
  for (size_t i = 0; i < ranks.size(); ++i) {
    Stream stream;
    stream.prefix = absl::StrCat("[rank ", ranks[i], "] ");
    stream.as_it_is = ranks.size() == 1 || (live && i == 0);
    streams_.push_back(std::move(stream));
  }
}

void RankOutput::Take(size_t i, bool is_error, absl::string_view bytes) {
  Stream& stream = streams_[i];
  if (stream.as_it_is && !bytes.empty()) {
    std::fwrite(bytes.data(), 1, bytes.size(), file(is_error));
    std::fflush(file(is_error));
    if (live_) line_is_open_ = !absl::EndsWith(bytes, "\n");
  }
  std::string& partial = stream.partial[is_error];
  absl::StrAppend(&partial, bytes);
  size_t begin = 0;
  for (size_t end = partial.find('\n'); end != std::string::npos;
       end = partial.find('\n', begin)) {
    Line(stream, is_error,
         absl::string_view(partial).substr(begin, end - begin));
    begin = end + 1;
  }
  partial.erase(0, begin);
  if (partial.size() > kLongestLine) {
    Line(stream, is_error, partial);
    partial.clear();
  }
}

void RankOutput::End(size_t i) {
  for (const bool is_error : {false, true}) {
    std::string& partial = streams_[i].partial[is_error];
    if (!partial.empty()) Line(streams_[i], is_error, partial);
    partial.clear();
  }
  if (!streams_[i].as_it_is || !line_is_open_) return;
  std::fputs("\n", out_);
  std::fflush(out_);
  line_is_open_ = false;
}

void RankOutput::Say(const std::string& line) {
  MakeRoom();
  std::fprintf(out_, "%s\n", line.c_str());
  std::fflush(out_);
}

void RankOutput::Line(Stream& stream, bool is_error, absl::string_view text) {
  text = LastState(text);
  if (!stream.as_it_is) {
    MakeRoom();
    std::fprintf(file(is_error), "%s%.*s\n", stream.prefix.c_str(),
                 static_cast<int>(text.size()), text.data());
    std::fflush(file(is_error));
  }
  if (text.empty()) return;
  stream.last_lines.emplace_back(text);
  if (stream.last_lines.size() > kLastLines) stream.last_lines.pop_front();
}

void RankOutput::MakeRoom() {
  if (line_is_open_) std::fputs("\r\033[K", out_);
  line_is_open_ = false;
}

}  // namespace snclr
