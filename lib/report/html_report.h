// A page that shows what a model reconstructs: one HTML file that needs neither network nor
// scripts.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mae/base/atomic_file.h"
#include "mae/media/image.h"
#include "mae/report/svg_chart.h"

namespace mae {

/// "mask ratio", "0.75".
struct ReportFact {
  std::string name, value;
};

/// A word piece of a caption; "##" before it joins it to the piece before.
struct ReportWord {
  std::string text;
  bool is_hidden = false;
  std::string guess;  ///< of a hidden one
};

/// One picture and what became of it. Images that are empty and numbers that are not a number are
/// left out.
struct ReportSample {
  std::string name, label;
  Image original, masked, reconstruction, error_map;
  int64_t frames = 1;  ///< more: the images are clips, tall pictures of so many frames, and move
  std::vector<ReportWord> words;                           ///< of the caption
  double psnr = std::numeric_limits<double>::quiet_NaN();  ///< dB
  double mse = std::numeric_limits<double>::quiet_NaN();   ///< of hidden pixels, in pixel units
  double ssim = std::numeric_limits<double>::quiet_NaN();
};

struct Report {
  std::string title;
  std::string lead;  ///< a sentence under the title; may be empty
  std::vector<ReportFact>
      figures;  ///< the few numbers that matter, shown large: mean PSNR, SSIM, masked MSE
  std::vector<ReportFact>
      facts;                  ///< the table: model, checkpoint, mask ratio, patch statistics used
  std::vector<Chart> charts;  ///< loss curves
  std::vector<ReportSample> samples;
  double max_error = 0;       ///< what the brightest colour of the error maps means; 0: no legend
  nlohmann::json provenance;  ///< shown folded up; null: left out
};

/// The whole page. All foreign text is escaped and the page forbids itself scripts and connections,
/// so that a file name or a label cannot act in the reader's browser. Equal reports give equal
/// bytes.
std::string html_report(const Report& report);

/// html_report() into a file, atomically. Throws ResourceError, UsageError as
/// write_file_atomically.
void write_html_report(const std::string& path, const Report& report,
                       Overwrite overwrite = Overwrite::kReplace);

}  // namespace mae
