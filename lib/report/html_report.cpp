// Puts the page together from its parts, top to bottom.
#include "mae/report/html_report.h"

#include <algorithm>
#include <cmath>

#include "mae/base/text.h"
#include "mae/media/animated_png.h"
#include "mae/report/error_map.h"
#include "mae/report/escape.h"
#include "mae/report/html_style.h"
#include "mae/report/number_text.h"
#include "mae/report/patch_picture.h"

namespace mae {
namespace {

constexpr int64_t kSmallSide = 160;  // images up to this are enlarged with hard pixel edges

std::string head(const std::string& title);
std::string figures_part(const std::vector<ReportFact>& figures);
std::string facts_part(const std::vector<ReportFact>& facts);
std::string charts_part(const std::vector<Chart>& charts);
std::string samples_part(const Report& report);
std::string error_legend(double max_error);
std::string sample_card(const ReportSample& sample, size_t number);
std::string caption_text(const std::vector<ReportWord>& words);
std::string picture(const Image& image, int64_t frames, const std::string& caption,
                    const std::string& name);
std::string number(const char* name, double value, int digits, const char* unit);
std::string provenance_part(const nlohmann::json& provenance);
std::string footer(const nlohmann::json& provenance);

}  // namespace

std::string html_report(const Report& report) {
  std::string page = head(report.title);
  page += "<body>\n<main>\n<h1>" + escape_html(report.title) + "</h1>\n";
  if (!report.lead.empty()) page += "<p class=\"lead\">" + escape_html(report.lead) + "</p>\n";
  page += figures_part(report.figures) + facts_part(report.facts);
  page += charts_part(report.charts) + samples_part(report);
  page += provenance_part(report.provenance) + footer(report.provenance);
  return page + "</main>\n</body>\n</html>\n";
}

void write_html_report(const std::string& path, const Report& report, Overwrite overwrite) {
  write_file_atomically(path, html_report(report), overwrite);
}

namespace {

std::string head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src "
         "data:; "
         "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n<title>" +
         escape_html(title) + "</title>\n<style>" + std::string(kReportStyle) +
         "</style>\n</head>\n";
}

std::string figures_part(const std::vector<ReportFact>& figures) {
  if (figures.empty()) return "";
  std::string html = "<dl class=\"figures\">\n";
  for (const ReportFact& figure : figures) {
    html += "<div class=\"card\"><dt>" + escape_html(figure.name) + "</dt><dd>" +
            escape_html(figure.value) + "</dd></div>\n";
  }
  return html + "</dl>\n";
}

std::string facts_part(const std::vector<ReportFact>& facts) {
  if (facts.empty()) return "";
  std::string html = "<div class=\"card\"><table>\n";
  for (const ReportFact& fact : facts) {
    html += "<tr><th scope=\"row\">" + escape_html(fact.name) + "</th><td>" +
            escape_html(fact.value) + "</td></tr>\n";
  }
  return html + "</table></div>\n";
}

std::string charts_part(const std::vector<Chart>& charts) {
  if (charts.empty()) return "";
  std::string html = "<h2>Training</h2>\n";
  for (const Chart& chart : charts)
    html += "<div class=\"card chart\">" + svg_chart(chart) + "</div>\n";
  return html;
}

std::string samples_part(const Report& report) {
  if (report.samples.empty()) return "";
  const bool has_error_maps =
      std::any_of(report.samples.begin(), report.samples.end(),
                  [](const ReportSample& sample) { return !sample.error_map.bytes.empty(); });
  std::string html = "<h2>Samples</h2>\n";
  if (has_error_maps && report.max_error > 0) html += error_legend(report.max_error);
  html += "<div class=\"samples\">\n";
  for (size_t i = 0; i < report.samples.size(); ++i) html += sample_card(report.samples[i], i + 1);
  return html + "</div>\n";
}

/// A bar of the colours of the error maps, in 32 steps.
std::string error_legend(double max_error) {
  constexpr int kSteps = 32;
  std::string bar = "<svg viewBox=\"0 0 32 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">";
  for (int i = 0; i < kSteps; ++i) {
    const Colour colour = heat_colour(i / (kSteps - 1.0));
    bar += "<path fill=\"rgb(" + std::to_string(colour[0]) + "," + std::to_string(colour[1]) + "," +
           std::to_string(colour[2]) + ")\" d=\"M" + std::to_string(i) + " 0h1.05v1h-1.05z\"/>";
  }
  return "<p class=\"legend\"><span>Error map: 0</span>" + bar + "</svg><span>" +
         (max_error >= 100 ? fixed_text(max_error, 0) : short_text(max_error, 4)) +
         " and more (mean squared error of a patch, in pixel units)</span></p>\n";
}

std::string sample_card(const ReportSample& sample, size_t number_in_report) {
  const std::string id = "sample-" + std::to_string(number_in_report);
  // The link makes the card span the page (:target), "close" makes it small again: no script is
  // needed.
  std::string html = "<article class=\"card sample\" id=\"" + id + "\"><header><h3><a href=\"#" +
                     id + "\" title=\"enlarge\">" + escape_html(sample.name) + "</a></h3>";
  if (!sample.label.empty())
    html += "<span class=\"label\">" + escape_html(sample.label) + "</span>";
  html += "<a class=\"close\" href=\"#\">close</a></header>\n<div class=\"pictures\">";
  const auto add = [&](const Image& image, const char* caption) {
    html += picture(image, sample.frames, caption, sample.name);
  };
  add(sample.original, "original");
  add(sample.masked, "masked");
  add(sample.reconstruction, "reconstruction");
  add(sample.error_map, "error");
  html += "</div>\n" + caption_text(sample.words);
  const std::string numbers = number("PSNR", sample.psnr, 2, " dB") +
                              number("SSIM", sample.ssim, 3, "") + number("MSE", sample.mse, 1, "");
  if (!numbers.empty()) html += "<p class=\"numbers\">" + numbers + "</p>";
  return html + "</article>\n";
}

/// Hidden words are marked; where the guess is another word, the true one is struck out before it.
std::string caption_text(const std::vector<ReportWord>& words) {
  if (words.empty()) return "";
  const auto bare = [](const std::string& piece) {
    return escape_html(starts_with(piece, "##") ? piece.substr(2) : piece);
  };
  std::string html;
  for (const ReportWord& word : words) {
    if (!html.empty() && !starts_with(word.text, "##")) html += " ";
    if (!word.is_hidden) {
      html += bare(word.text);
    } else if (word.guess == word.text) {
      html += "<ins>" + bare(word.guess) + "</ins>";
    } else {
      html +=
          "<del>" + bare(word.text) + "</del> <ins class=\"wrong\">" + bare(word.guess) + "</ins>";
    }
  }
  return "<p class=\"words\">" + html + "</p>\n";
}

std::string picture(const Image& image, int64_t frames, const std::string& caption,
                    const std::string& name) {
  if (image.bytes.empty()) return "";
  constexpr int kFrameTime = 120;  // milliseconds, as in the other outputs
  const int64_t height = image.height / frames;
  const bool is_small = std::max(height, image.width) <= kSmallSide;
  return "<figure><img" + std::string(is_small ? " class=\"small\"" : "") + " width=\"" +
         std::to_string(image.width) + "\" height=\"" + std::to_string(height) + "\" alt=\"" +
         caption + " of " + escape_html(name) + "\" src=\"data:image/png;base64," +
         base64(encode_animated_png(to_eight_bits(image), frames, kFrameTime)) + "\"><figcaption>" +
         caption + "</figcaption></figure>\n";
}

std::string number(const char* name, double value, int digits, const char* unit) {
  if (std::isnan(value)) return "";
  const std::string text = std::isinf(value) ? (value > 0 ? "∞" : "−∞") : fixed_text(value, digits);
  return std::string("<span>") + name + " <b>" + text + "</b>" + unit + "</span>";
}

std::string provenance_part(const nlohmann::json& provenance) {
  if (provenance.is_null()) return "";
  const std::string text = provenance.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string html = "<details class=\"card\"><summary>Provenance</summary><pre>";
  for (size_t begin = 0;
       begin <= text.size();) {  // line by line, as escaping makes line breaks visible
    const size_t end = std::min(text.find('\n', begin), text.size());
    html += escape_html(std::string_view(text).substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return html + "</pre></details>\n";
}

std::string footer(const nlohmann::json& provenance) {
  if (!provenance.is_object() || !provenance.contains("program") ||
      !provenance["program"].is_string())
    return "";
  std::string made_by = provenance["program"];
  if (provenance.contains("version") && provenance["version"].is_string()) {
    made_by += " " + provenance["version"].get<std::string>();
  }
  return "<footer>Made by " + escape_html(made_by) + "</footer>\n";
}

}  // namespace
}  // namespace mae
