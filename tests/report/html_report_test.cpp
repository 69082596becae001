// The page is whole, deterministic, and hostile names stay harmless text.
#include "mae/report/html_report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test_images.h"

namespace mae {
namespace {

ReportSample sample(const std::string& name) {
  ReportSample out;
  out.name = name;
  out.label = "boot";
  out.original = out.masked = out.reconstruction = testing::pattern(28, 28, 1);
  out.error_map = testing::blank(28, 28, 3, 9);
  out.psnr = 21.456;
  out.mse = 464.44;
  out.ssim = 0.6789;
  return out;
}

Report report() {
  Report out;
  out.title = "Reconstruction";
  out.figures = {{"mean PSNR", "21.46 dB"}};
  out.facts = {{"model", "mae-vit"}, {"mask ratio", "0.75"}};
  out.charts = {{"Loss", "epoch", "loss", {{"train", {{0, 1}, {1, 0.5}}}}, 720, 320}};
  out.samples = {sample("t10k/00000")};
  out.max_error = 2500;
  out.provenance = {{"program", "mae-reconstruct"}, {"version", "0.1.0"}, {"seed", 0}};
  return out;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(HtmlReport, HoldsEverythingAndIsDeterministic) {
  const std::string page = html_report(report());
  for (const char* part : {"<!DOCTYPE html>", "<title>Reconstruction</title>", "21.46 dB",
                           "mask ratio", "t10k/00000", "boot", "<b>0.679</b>", "<b>464.4</b>",
                           "<details", "Made by mae-reconstruct 0.1.0", "2500"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(count(page, "<img "), 4);
  EXPECT_EQ(count(page, "src=\"data:image/png;base64,iVBORw0KGgo"), 4) << "the signature of PNG";
  EXPECT_EQ(page, html_report(report()));
}

TEST(HtmlReport, ShowsHiddenWordsWithTheGuessAndEscapesThem) {
  Report out = report();
  EXPECT_EQ(html_report(out).find("class=\"words\""), std::string::npos);
  out.samples[0].words = {{"a", false, ""},
                          {"auto", true, "auto"},
                          {"##mobile", false, ""},
                          {"<b>", true, "&cat"},
                          {"##s", true, "##x"}};
  const std::string page = html_report(out);
  EXPECT_NE(page.find("<p class=\"words\">a <ins>auto</ins>mobile <del>&lt;b&gt;</del> "
                      "<ins class=\"wrong\">&amp;cat</ins><del>s</del> "
                      "<ins class=\"wrong\">x</ins></p>"),
            std::string::npos);
}

TEST(HtmlReport, ForbidsScriptsAndConnections) {
  const std::string page = html_report(report());
  EXPECT_NE(page.find("default-src 'none'; img-src data:; style-src 'unsafe-inline'"),
            std::string::npos);
  EXPECT_LT(page.find("Content-Security-Policy"), page.find("<style>"))
      << "the policy must come first";
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("url("), std::string::npos);
  EXPECT_EQ(page.find("https:"), std::string::npos);
}

TEST(HtmlReport, HostileTextStaysText) {
  const std::string evil = "\"><script>alert(1)</script><img src=x onerror='a()'>\xff\u202E";
  Report out = report();
  out.title = out.lead = evil;
  out.figures = out.facts = {{evil, evil}};
  out.charts[0].title = out.charts[0].series[0].name = evil;
  out.samples = {sample(evil)};
  out.samples[0].label = evil;
  out.provenance = {{"program", evil}, {"version", evil}, {evil.substr(0, 50), {evil, "</pre>"}}};
  const std::string page = html_report(out);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img src=x"), std::string::npos);
  EXPECT_EQ(page.find("onerror='"), std::string::npos);
  EXPECT_EQ(page.find('\xff'), std::string::npos);
  EXPECT_EQ(page.find("\u202E"), std::string::npos);
  EXPECT_EQ(count(page, "</pre>"), 1);
  // As many elements as in a harmless report: no text became one.
  EXPECT_EQ(count(page, "<img "), 4);
  EXPECT_EQ(count(page, "<h1>"), 1);
}

TEST(HtmlReport, LeavesOutWhatIsNotThere) {
  Report out;
  out.title = "Empty";
  ReportSample only_name;
  only_name.name = "nothing";
  out.samples = {only_name};
  const std::string page = html_report(out);
  EXPECT_EQ(count(page, "<img "), 0);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("<details"), std::string::npos);
  EXPECT_EQ(page.find("<footer"), std::string::npos);
}

TEST(HtmlReport, PerfectReconstructionIsInfinitelyGood) {
  Report out = report();
  out.samples[0].psnr = std::numeric_limits<double>::infinity();
  EXPECT_NE(html_report(out).find("<b>∞</b>"), std::string::npos);
}

TEST(HtmlReport, SmallImagesKeepHardEdgesLargeOnesDoNot) {
  Report out = report();
  EXPECT_EQ(count(html_report(out), "<img class=\"small\""), 4);
  out.samples[0].original = testing::pattern(224, 224, 3);
  EXPECT_EQ(count(html_report(out), "<img class=\"small\""), 3);
}

TEST(HtmlReport, IsWrittenToAFile) {
  const std::string path = ::testing::TempDir() + "mae_html_report_test.html";
  write_html_report(path, report());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), html_report(report()));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace mae
