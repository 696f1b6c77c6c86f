// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_shorten.h"

#include <algorithm>

namespace snclr {
namespace {

// Markers of ITU-T T.81, table B.1, after their 0xFF.
constexpr int kBaseline = 0xC0;
constexpr int kExtended = 0xC1;
constexpr int kHuffmanTables = 0xC4;
constexpr int kArithmeticTables = 0xCC;
constexpr int kFirstFrame = 0xC0, kLastFrame = 0xCF;
constexpr int kStartOfScan = 0xDA;
constexpr int kRestartInterval = 0xDD;
constexpr int kFirstWithLength = 0xC0;

constexpr int kBlockRows = 8;

class Header {
 public:
  explicit Header(const std::string& bytes) : bytes_(bytes) {}

  // Whether this is a file of the common kind.
  bool Read() {
    size_t at = 2;  // behind the mark of the start
    while (at + 4 <= bytes_.size() && Byte(at) == 0xFF) {
      const int marker = Byte(at + 1);
      const size_t body = at + 4;
      const size_t end = at + 2 + Word(at + 2);
      if (marker < kFirstWithLength || end < body || end > bytes_.size()) {
        return false;
      }
      if (marker == kStartOfScan) {
        return components_ > 0 && end > body && Byte(body) == components_;
      }
      if (marker == kRestartInterval) return false;
      if (IsFrame(marker) && !ReadFrame(marker, body, end)) return false;
      at = end;
    }
    return false;
  }

  size_t height_at() const { return height_at_; }
  int64_t height() const { return Word(height_at_); }
  int64_t rows_of_a_unit() const { return rows_of_a_unit_; }

 private:
  static bool IsFrame(int marker) {
    return marker >= kFirstFrame && marker <= kLastFrame &&
           marker != kHuffmanTables && marker != kArithmeticTables &&
           marker != 0xC8;
  }

  // Precision, height, width, and three bytes a component.
  bool ReadFrame(int marker, size_t body, size_t end) {
    if ((marker != kBaseline && marker != kExtended) || components_ != 0 ||
        body + 6 > end) {
      return false;
    }
    height_at_ = body + 1;
    components_ = Byte(body + 5);
    if (body + 6 + 3 * components_ > end) return false;
    for (int c = 0; c < components_; ++c) {
      const int rows = Byte(body + 6 + 3 * c + 1) & 0x0F;
      rows_of_a_unit_ = std::max<int64_t>(rows_of_a_unit_, kBlockRows * rows);
    }
    return rows_of_a_unit_ > 0;
  }

  int Byte(size_t at) const { return static_cast<uint8_t>(bytes_[at]); }
  size_t Word(size_t at) const { return 256 * Byte(at) + Byte(at + 1); }

  const std::string& bytes_;
  size_t height_at_ = 0;
  int components_ = 0;
  int64_t rows_of_a_unit_ = 0;  // that are coded together
};

}  // namespace

int64_t ShortenJpeg(const std::string& bytes, int64_t rows,
                    std::string& shortened) {
  Header header(bytes);
  if (!header.Read()) return 0;
  const int64_t unit = header.rows_of_a_unit();
  const int64_t height = (rows + unit - 1) / unit * unit;
  if (height >= header.height()) return 0;
  shortened = bytes;
  shortened[header.height_at()] = static_cast<char>(height >> 8);
  shortened[header.height_at() + 1] = static_cast<char>(height & 0xFF);
  return height;
}

}  // namespace snclr
