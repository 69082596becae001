#include "mae/media/opencv_edge.h"

#include <iostream>
#include <mutex>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <streambuf>
#include <vector>

#include "mae/base/error.h"

namespace mae {
namespace {

thread_local bool inside_opencv = false;

/// Passes std::cerr on, except what a thread writes while it is inside OpenCV: imdecode reports
/// failures there, past its own logging, and an error of ours says the same better.
class CerrFilter : public std::streambuf {
 public:
  explicit CerrFilter(std::streambuf* target) : target_(target) {}

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof()) || inside_opencv)
      return traits_type::not_eof(c);
    return target_->sputc(traits_type::to_char_type(c));
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    return inside_opencv ? count : target_->sputn(text, count);
  }
  int sync() override { return target_->pubsync(); }

 private:
  std::streambuf* target_;
};

/// Present while this thread is in OpenCV; the first one sets the library up.
class OpencvCall {
 public:
  OpencvCall() {
    static std::once_flag once;
    std::call_once(once, [] {
      cv::setNumThreads(1);  // images are spread over our threads already
      cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
      // Never freed: std::cerr may be used until the very end of the process.
      std::cerr.rdbuf(new CerrFilter(std::cerr.rdbuf()));
    });
    inside_opencv = true;
  }
  ~OpencvCall() { inside_opencv = false; }
};

Image from_mat(const cv::Mat& mat) {
  Image image;
  image.height = mat.rows;
  image.width = mat.cols;
  image.channels = mat.channels();
  image.bit_depth = mat.depth() == CV_16U ? 16 : 8;
  image.bytes.resize(static_cast<size_t>(image.height * image.row_bytes()));
  cv::Mat out(mat.rows, mat.cols, mat.type(), image.bytes.data());
  if (image.channels == 1) {
    mat.copyTo(out);
  } else {
    cv::cvtColor(mat, out, image.channels == 3 ? cv::COLOR_BGR2RGB : cv::COLOR_BGRA2RGBA);
  }
  return image;
}

}  // namespace

std::optional<Image> opencv_decode(const std::string& bytes, const std::string& name) {
  const OpencvCall call;
  try {
    const cv::Mat data(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data()));
    const cv::Mat mat = cv::imdecode(data, cv::IMREAD_UNCHANGED | cv::IMREAD_IGNORE_ORIENTATION);
    if (mat.empty()) return std::nullopt;
    if (mat.depth() != CV_8U && mat.depth() != CV_16U) {
      throw DataError("the samples are not 8 or 16 bit integers", name,
                      "convert the image to 8 or 16 bit");
    }
    if (mat.channels() == 2) return std::nullopt;
    return from_mat(mat);
  } catch (const cv::Exception& failure) {
    if (failure.code == cv::Error::StsNoMem) throw std::bad_alloc();
    return std::nullopt;
  }
}

Image opencv_resize_linear(const Image& image, Size2d size) {
  const OpencvCall call;
  const int type = CV_MAKETYPE(CV_8U, static_cast<int>(image.channels));
  Image out{size.height, size.width, image.channels, image.bit_depth, {}};
  out.bytes.resize(static_cast<size_t>(out.height * out.row_bytes()));
  const cv::Mat from(static_cast<int>(image.height), static_cast<int>(image.width), type,
                     const_cast<uint8_t*>(image.bytes.data()));
  cv::Mat to(static_cast<int>(size.height), static_cast<int>(size.width), type, out.bytes.data());
  try {
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
  } catch (const cv::Exception& failure) {
    throw ResourceError("resizing failed: " + std::string(failure.err));
  }
  return out;
}

std::string opencv_encode_png(const Image& image) {
  const OpencvCall call;
  const auto rows = static_cast<int>(image.height), columns = static_cast<int>(image.width);
  const auto channels = static_cast<int>(image.channels);
  const cv::Mat rgb(rows, columns, CV_8UC(channels), const_cast<uint8_t*>(image.bytes.data()));
  try {
    cv::Mat bgr;
    if (channels == 1) bgr = rgb;
    if (channels == 3) cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    if (channels == 4) cv::cvtColor(rgb, bgr, cv::COLOR_RGBA2BGRA);
    std::vector<uint8_t> png;
    // Level and strategy are fixed, so that the bytes do not depend on a default.
    const bool encoded = cv::imencode(".png", bgr, png,
                                      {cv::IMWRITE_PNG_COMPRESSION, 6, cv::IMWRITE_PNG_STRATEGY,
                                       cv::IMWRITE_PNG_STRATEGY_FILTERED});
    if (!encoded) throw ResourceError("the PNG encoder failed");
    return std::string(png.begin(), png.end());
  } catch (const cv::Exception& failure) {
    throw ResourceError("the PNG encoder failed: " + std::string(failure.err));
  }
}

}  // namespace mae
