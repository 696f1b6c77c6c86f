// SPDX-License-Identifier: MIT
#include "tools/compare/table.h"

#include <gtest/gtest.h>

namespace snclr {
namespace {

TEST(TableTest, AlignsLettersNotBytes) {
  const Table table = {{{"name"}, {"top1", true}},
                       {{"é", "9.5 ± 0.1"}, {"plain", "10"}}};
  EXPECT_EQ(TextTable(table),
            "name        top1\n"
            "-----  ---------\n"
            "é      9.5 ± 0.1\n"
            "plain         10\n");
}

TEST(TableTest, MarkdownEscapesWhatWouldBreakARow) {
  const Table table = {{{"a_b"}, {"n", true}}, {{"x|y\nz", "1"}}};
  EXPECT_EQ(MarkdownTable(table),
            "| a\\_b | n |\n"
            "|---|---:|\n"
            "| x\\|y z | 1 |\n");
}

TEST(TableTest, CsvQuotesAsRfc4180Says) {
  const Table table = {{{"run"}, {"note"}},
                       {{"a,b", "say \"hi\""}, {"two\nlines", "plain"}}};
  EXPECT_EQ(CsvTable(table),
            "run,note\r\n"
            "\"a,b\",\"say \"\"hi\"\"\"\r\n"
            "\"two\nlines\",plain\r\n");
}

TEST(TableTest, LatexEscapesWhatIsSpecialToTex) {
  const Table table = {{{"knn_top1"}, {"n", true}},
                       {{"50% & {\\}", "1 ± 2"}, {"~^#$<", "3"}}};
  EXPECT_EQ(LatexTable(table),
            "\\begin{tabular}{lr}\n\\hline\n"
            "knn\\_top1 & n \\\\\n\\hline\n"
            "50\\% \\& \\{\\textbackslash{}\\} & 1 $\\pm$ 2 \\\\\n"
            "\\textasciitilde{}\\textasciicircum{}\\#\\$\\textless{} & 3 \\\\\n"
            "\\hline\n\\end{tabular}\n");
}

}  // namespace
}  // namespace snclr
