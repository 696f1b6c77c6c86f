// SPDX-License-Identifier: MIT
// The page of report and board in a real browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "data/testing/test_images.h"
#include "experiments/tracker/recorder.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"
#include "tools/board/board.h"
#include "tools/report/browser_testing.h"
#include "tools/report/report.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

constexpr char kHostile[] =
    "<img src=x onerror=\"window.hacked=1\"></script><script>window.hacked=1"
    "</script>'\"&amp;";
constexpr int kPictures = 6;

// Every plot that is on show has marks in it, axes aside.
constexpr char kDrawn[] =
    "const plots = [...document.querySelectorAll('.plot')].filter((plot) =>"
    " plot.clientWidth > 0);"
    "return plots.length > 0 && plots.every((plot) => plot.querySelectorAll("
    "'svg .role-mark path[d], svg .role-mark line').length > 0);";
constexpr char kWhatIsDrawn[] =
    "return [...document.querySelectorAll('.plot')].map((plot) => "
    "[plot.getAttribute('aria-label'), plot.textContent.slice(0, 100)]);";
constexpr char kOverflow[] =
    "return document.documentElement.scrollWidth - window.innerWidth;";

class PageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = TestFolder();
    auto browser = Browser::Start(out_ + "/browser");
    if (absl::IsNotFound(browser.status())) {
      GTEST_SKIP() << browser.status().message();
    }
    ASSERT_TRUE(browser.ok()) << browser.status();
    browser_ = *std::move(browser);
  }

  void AddRun(const std::string& name, const std::string& id, int neighbors,
              uint64_t seed, RunStatus status) {
    RunInfo info = TestRun(out_, name, id);
    info.seed = seed;
    info.question = name == kHostile ? kHostile : "Does K matter?";
    info.parameters = {{"seed", absl::StrCat(seed)},
                       {"snclr.neighbors", absl::StrCat(neighbors)},
                       {"snclr.bank.rows", neighbors > 2 ? "64" : "128"}};
    std::filesystem::create_directories(info.folder);
    if (name != kHostile) WriteSnapshots(info.folder);
    auto recorder =
        StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    for (int step = 0; step < 30; ++step) {
      (*recorder)->Metrics(step, 0.1 * step,
                           {{"knn_top1", 40 + neighbors + step + 2.0 * seed},
                            {"loss", 5 - 0.1 * step},
                            {"images_per_second", 400}});
    }
    (*recorder)->Note(3, name);
    ASSERT_OK((*recorder)->Finish(status, "as it is told"));
  }

  static void WriteSnapshots(const std::string& folder) {
    std::filesystem::create_directories(folder + "/snapshots");
    Json names = Json::array(), labels = Json::array();
    for (int i = 0; i < kPictures; ++i) {
      names.push_back(absl::StrCat("picture ", i));
      labels.push_back(i % 2);
    }
    WriteTestFile(folder + "/snapshots/images.jpg",
                  EncodeJpeg(DrawTestImage(96, 144, 1)));
    WriteTestFile(folder + "/snapshots/images.json",
                  Json({{"tile_px", 48},
                        {"columns", 3},
                        {"classes", {"round", kHostile}},
                        {"names", names},
                        {"labels", labels},
                        {"samples", {0}}})
                      .dump());
    for (const int step : {0, 10, 20}) {
      Json x = Json::array(), y = Json::array();
      for (int i = 0; i < kPictures; ++i) {
        x.push_back(std::cos(i) * (1 + step));
        y.push_back(std::sin(i) * (1 + step));
      }
      WriteTestFile(
          absl::StrFormat("%s/snapshots/%08d.json", folder, step),
          Json({{"step", step},
                {"epoch", 0.1 * step},
                {"map", {{"x", x}, {"y", y}, {"shares", {0.6, 0.3}}}},
                {"neighbors", Json::array({{{"picture", 0},
                                            {"index", {2, 3}},
                                            {"similarity", {0.9, 0.8}},
                                            {"positiveness", {0.25, 0.75}}}})}})
              .dump());
    }
  }

  void AddRuns() {
    for (const int neighbors : {1, 2, 5}) {
      for (const int seed : {1, 2, 3}) {
        AddRun("quick", absl::StrCat(neighbors, "-", seed), neighbors, seed,
               RunStatus::kFinished);
      }
    }
    AddRun("quick", "failed", 5, 4, RunStatus::kFailed);
    AddRun(kHostile, "001", 5, 5, RunStatus::kFinished);
  }

  std::string WriteAndOpen(const std::string& screen) {
    ReportOptions options;
    options.db_path = DefaultTrackerPath(out_);
    std::ostringstream said;
    const std::string path = out_ + "/report.html";
    const absl::Status written = WriteReport(options, path, said);
    EXPECT_TRUE(written.ok()) << written;
    EXPECT_THAT(said.str(), HasSubstr("runs"));
    Open("file://" + path, screen == "phone" ? 375 : 1280,
         screen == "dark" ? "dark" : "light");
    return path;
  }

  void Open(const std::string& url, int width, const std::string& scheme) {
    const absl::Status screen = browser_->SetScreen(width, 900, scheme);
    EXPECT_TRUE(screen.ok()) << screen;
    const absl::Status opened = browser_->Go(url);
    EXPECT_TRUE(opened.ok()) << opened;
    const absl::Status drawn = browser_->WaitFor(kDrawn, kWhatIsDrawn);
    EXPECT_TRUE(drawn.ok()) << drawn;
  }

  Json Run(const std::string& script) {
    const auto result = browser_->Run(script);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : Json();
  }

  void ExpectNoErrors() {
    const auto errors = browser_->ConsoleErrors();
    ASSERT_TRUE(errors.ok()) << errors.status();
    EXPECT_THAT(*errors, IsEmpty());
  }

  std::string out_;
  std::unique_ptr<Browser> browser_;
};

TEST_F(PageTest, DrawsEveryChartWithoutAnErrorOrARequest) {
  AddRuns();
  WriteAndOpen("light");
  EXPECT_GE(Run("return document.querySelectorAll('.plot').length;"), 8);
  Run("document.querySelectorAll('details').forEach((d) => d.open = true);");
  const absl::Status drawn = browser_->WaitFor(kDrawn, kWhatIsDrawn);
  EXPECT_TRUE(drawn.ok()) << drawn;
  EXPECT_EQ(Run("return performance.getEntriesByType('resource').length;"), 0);
  EXPECT_EQ(Run("return [...document.querySelectorAll('.plot')].filter("
                "(plot) => !plot.getAttribute('aria-label')).length;"),
            0);
  for (const char* section :
       {"answer", "curves", "ablations", "neighbors", "cost", "runs"}) {
    EXPECT_EQ(Run(absl::StrCat("return document.getElementById('", section,
                               "').hidden;")),
              false)
        << section;
  }
  ExpectNoErrors();
}

TEST_F(PageTest, ShowsHostileTextsAsText) {
  AddRuns();
  WriteAndOpen("light");
  Run("for (const b of document.querySelectorAll('button.run')) b.click();");
  EXPECT_EQ(Run("return document.querySelectorAll('img').length;"), 0);
  EXPECT_EQ(Run("return document.querySelectorAll('script').length;"), 2);
  EXPECT_TRUE(Run("return window.hacked;").is_null());
  EXPECT_THAT(Run("return document.getElementById('runs').textContent;")
                  .get<std::string>(),
              HasSubstr(kHostile));
  EXPECT_THAT(Run("return document.querySelector('header').textContent;")
                  .get<std::string>(),
              HasSubstr(kHostile));
  ExpectNoErrors();
}

TEST_F(PageTest, ListsFailedRunsAndOpensThem) {
  AddRuns();
  WriteAndOpen("light");
  EXPECT_EQ(Run("return document.querySelectorAll('#runs .status.failed')"
                ".length;"),
            1);
  Run("const button = [...document.querySelectorAll('button.run')].find("
      "(b) => b.textContent === 'quick/failed'); button.click();");
  EXPECT_THAT(Run("return document.querySelector('tr.detail').textContent;")
                  .get<std::string>(),
              HasSubstr("as it is told"));
}

TEST_F(PageTest, FollowsTheColorSchemeAndItsButton) {
  AddRuns();
  WriteAndOpen("dark");
  const char* background =
      "return getComputedStyle(document.body).backgroundColor;";
  const Json dark = Run(background);
  Run("document.getElementById('theme').click();");
  const Json light = Run(background);
  EXPECT_NE(dark, light);
  const absl::Status drawn = browser_->WaitFor(kDrawn, kWhatIsDrawn);
  EXPECT_TRUE(drawn.ok()) << drawn;
  WriteAndOpen("light");
  EXPECT_EQ(Run(background), light);
  ExpectNoErrors();
}

TEST_F(PageTest, FitsAPhone) {
  AddRuns();
  WriteAndOpen("phone");
  EXPECT_EQ(Run("return window.innerWidth;"), 375);
  Run("document.querySelectorAll('details').forEach((d) => d.open = true);"
      "for (const b of document.querySelectorAll('button.run')) b.click();");
  const absl::Status drawn = browser_->WaitFor(kDrawn, kWhatIsDrawn);
  EXPECT_TRUE(drawn.ok()) << drawn;
  EXPECT_EQ(Run(kOverflow), 0);
}

TEST_F(PageTest, TheKeyboardReachesWhatCanBeUsed) {
  AddRuns();
  WriteAndOpen("light");
  std::set<std::string> reached;
  for (int i = 0; i < 90; ++i) {
    const absl::Status pressed = browser_->Press("\uE004");
    ASSERT_TRUE(pressed.ok()) << pressed;
    reached.insert(Run("const at = document.activeElement; return at.id ||"
                       " at.dataset.key || at.tagName;")
                       .get<std::string>());
  }
  for (const char* control : {"theme", "sort-groups-knn_top1-1", "inside-run",
                              "frame", "filter", "run-quick/1-1", "SUMMARY"}) {
    EXPECT_EQ(reached.count(control), 1u) << control;
  }
}

TEST_F(PageTest, SortsATableByItsHeading) {
  AddRuns();
  WriteAndOpen("light");
  const char* first =
      "return document.querySelector('#answer tbody th').textContent;";
  const Json best = Run(first);
  Run("document.querySelector('[data-key=\"sort-groups-knn_top1-2\"]')"
      ".click();");
  EXPECT_NE(Run(first), best);
  EXPECT_EQ(Run("return document.querySelector('#answer th[aria-sort]')"
                ".getAttribute('aria-sort');"),
            "ascending");
}

TEST_F(PageTest, TheBoardFollowsRunsAndKeepsTheReadersPlace) {
  AddRuns();
  BoardOptions options;
  options.report.db_path = DefaultTrackerPath(out_);
  options.refresh = absl::Milliseconds(100);
  ASSERT_OK_AND_ASSIGN(const auto board, Board::Start(options));
  Open(board->address(), 1280, "light");
  Run("document.querySelector('[data-key=\"run-quick/1-1\"]').click();"
      "const filter = document.getElementById('filter');"
      "filter.value = 'quick'; filter.dispatchEvent(new Event('input'));"
      "filter.focus();"
      "window.scrollTo(0, document.body.scrollHeight / 2);");
  const Json place = Run("return Math.round(window.scrollY);");
  AddRun("quick", "new", 5, 9, RunStatus::kFinished);
  const absl::Status seen = browser_->WaitFor(
      "return document.getElementById('runs').textContent.includes("
      "'quick/new');",
      "return document.getElementById('message').textContent;");
  ASSERT_TRUE(seen.ok()) << seen;
  EXPECT_EQ(Run("return document.querySelectorAll('tr.detail').length;"), 1);
  EXPECT_EQ(Run("return document.getElementById('filter').value;"), "quick");
  EXPECT_EQ(Run("return document.activeElement.id;"), "filter");
  EXPECT_NEAR(Run("return Math.round(window.scrollY);").get<int>(),
              place.get<int>(), 2);
  ExpectNoErrors();
}

}  // namespace
}  // namespace snclr
