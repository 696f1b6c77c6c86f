// SPDX-License-Identifier: MIT
#include "data/sources/tar.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr int64_t kBlock = 512;

// A header block (POSIX.1-1988 ustar), in bytes.
struct Field {
  int offset;
  int length;
};
constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr int kType = 156;
constexpr Field kMagic{257, 5};
constexpr Field kVersion{262, 3};  // "\0" "00" in ustar, " \0" in old GNU
constexpr Field kPrefix{345, 155};

// Names above this are damage, not names.
constexpr int64_t kMaxExtendedHeader = 1 << 20;

absl::string_view Raw(const std::string& block, Field field) {
  return absl::string_view(block).substr(field.offset, field.length);
}

std::string Text(const std::string& block, Field field) {
  const absl::string_view raw = Raw(block, field);
  return std::string(raw.substr(0, raw.find('\0')));
}

// Octal digits, or where the top bit is set GNU's big-endian binary.
std::optional<int64_t> Number(const std::string& block, Field field) {
  const absl::string_view raw = Raw(block, field);
  int64_t value = 0;
  if (static_cast<uint8_t>(raw[0]) == 0x80) {
    for (size_t i = raw.size() - 8; i < raw.size(); ++i) {
      value = value << 8 | static_cast<uint8_t>(raw[i]);
    }
    return value < 0 ? std::nullopt : std::optional<int64_t>(value);
  }
  const std::string text(
      absl::StripAsciiWhitespace(raw.substr(0, raw.find('\0'))));
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + (c - '0');
  }
  return value;
}

// The sum of all bytes, the checksum itself taken as spaces.
bool ChecksumHolds(const std::string& block) {
  int64_t sum = 0;
  for (int i = 0; i < kBlock; ++i) {
    const bool inside =
        i >= kChecksum.offset && i < kChecksum.offset + kChecksum.length;
    sum += inside ? ' ' : static_cast<uint8_t>(block[i]);
  }
  const std::optional<int64_t> stored = Number(block, kChecksum);
  return stored.has_value() && *stored == sum;
}

std::string MemberName(const std::string& block) {
  const bool is_ustar =
      Raw(block, kMagic) == "ustar" && Raw(block, kVersion)[0] == '\0';
  const std::string prefix = is_ustar ? Text(block, kPrefix) : "";
  const std::string name = Text(block, kName);
  return prefix.empty() ? name : absl::StrCat(prefix, "/", name);
}

// What headers before a member say about it.
struct Extension {
  std::optional<std::string> name;
  std::optional<int64_t> size;
};

// pax records: "LENGTH KEY=VALUE\n", the length counting all of it.
bool ParsePax(absl::string_view records, Extension& extension) {
  while (!records.empty()) {
    const size_t space = records.find(' ');
    size_t length = 0;
    if (space == absl::string_view::npos ||
        !absl::SimpleAtoi(records.substr(0, space), &length) ||
        length > records.size() || length < space + 2) {
      return false;
    }
    const absl::string_view record =
        records.substr(space + 1, length - space - 2);
    const size_t equals = record.find('=');
    if (equals == absl::string_view::npos) return false;
    const absl::string_view key = record.substr(0, equals);
    const absl::string_view value = record.substr(equals + 1);
    if (key == "path") extension.name = std::string(value);
    if (key == "size") {
      int64_t size = 0;
      if (!absl::SimpleAtoi(value, &size) || size < 0) return false;
      extension.size = size;
    }
    records.remove_prefix(length);
  }
  return true;
}

class Reader {
 public:
  explicit Reader(const ReadOnlyFile& archive) : archive_(archive) {}

  absl::Status Run(absl::FunctionRef<absl::Status(const TarMember&)> visit) {
    while (at_ < archive_.size()) {
      if (archive_.size() - at_ < kBlock) return Damage("is cut off");
      ASSIGN_OR_RETURN(const std::string block, archive_.ReadAt(at_, kBlock));
      if (block.find_first_not_of('\0') == std::string::npos) {
        return absl::OkStatus();  // the end mark
      }
      RETURN_IF_ERROR(ReadMember(block, visit));
    }
    LOG(WARNING) << archive_.path()
                 << ": a tar archive without its end mark; is it complete?";
    return absl::OkStatus();
  }

 private:
  absl::Status Damage(absl::string_view what) const {
    return absl::DataLossError(absl::StrCat(
        archive_.path(), ": the tar header at byte ", at_, " ", what));
  }

  absl::Status ReadMember(
      const std::string& block,
      absl::FunctionRef<absl::Status(const TarMember&)> visit) {
    if (!ChecksumHolds(block)) return Damage("is damaged");
    const std::optional<int64_t> own_size = Number(block, kSize);
    if (!own_size.has_value()) return Damage("has no size");
    const char type = block[kType];
    const bool is_extension =
        type == 'L' || type == 'K' || type == 'x' || type == 'g';
    const int64_t size =
        is_extension ? *own_size : extension_.size.value_or(*own_size);
    const int64_t data = at_ + kBlock;
    if (size > archive_.size() - data) {
      return Damage(absl::StrCat("names a file of ", size, " bytes, of which ",
                                 archive_.size() - data,
                                 " are there; the archive is cut off"));
    }
    if (type == 'L' || type == 'x') {
      RETURN_IF_ERROR(ReadExtension(type, data, size));
    } else if (!is_extension) {
      TarMember member;
      member.name = extension_.name.value_or(MemberName(block));
      member.offset = data;
      member.size = size;
      extension_ = {};
      if (type == '0' || type == '\0') {
        RETURN_IF_ERROR(visit(member));
      }
    }
    at_ = data + (size + kBlock - 1) / kBlock * kBlock;
    return absl::OkStatus();
  }

  absl::Status ReadExtension(char type, int64_t data, int64_t size) {
    if (size > kMaxExtendedHeader) return Damage("is too long");
    ASSIGN_OR_RETURN(std::string text, archive_.ReadAt(data, size));
    if (type == 'L') {
      extension_.name = text.substr(0, text.find('\0'));
    } else if (!ParsePax(text, extension_)) {
      return Damage("has records that are not pax");
    }
    return absl::OkStatus();
  }

  const ReadOnlyFile& archive_;
  int64_t at_ = 0;
  Extension extension_;
};

}  // namespace

absl::Status ForEachTarMember(
    const ReadOnlyFile& archive,
    absl::FunctionRef<absl::Status(const TarMember&)> visit) {
  return Reader(archive).Run(visit);
}

}  // namespace snclr
