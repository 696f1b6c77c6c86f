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

TEST(TableTest, ATerminalObeysNoCell) {
  const Table table = {{{"a"}}, {{"x\x1b[31m\ty\r\nz"}}};
  EXPECT_EQ(TextTable(table),
            "a\n"
            "---------------\n"
            "x\\x1b[31m y z\n");
}

TEST(TableTest, MarkdownReadsNoLinkEntityOrFormula) {
  const Table table = {{{"a"}}, {{"[x](http://y) &lt; ~~z~~ $1$ [1, 2]"}}};
  EXPECT_EQ(MarkdownTable(table),
            "| a |\n"
            "|---|\n"
            "| [x\\](http://y) &amp;lt; \\~\\~z\\~\\~ \\$1\\$ [1, 2] |\n");
}

TEST(TableTest, LatexHasMinusSignsAndNoArgumentsFromCells) {
  const Table table = {{{"a-b"}, {"n", true}},
                       {{"[1]", "-2 [-3, 4]"}, {"*x-y|", "-"}}};
  EXPECT_EQ(LatexTable(table),
            "\\begin{tabular}{lr}\n\\hline\n"
            "a-b & n \\\\\n\\hline\n"
            "{}[1] & $-$2 [$-$3, 4] \\\\\n"
            "{}*x-y\\textbar{} & - \\\\\n"
            "\\hline\n\\end{tabular}\n");
}

}  // namespace
}  // namespace snclr
