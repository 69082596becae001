// The only file that sees OpenCV's codecs. It runs no threads of its own and prints nothing.
#include "mae/media/picture_plugin.h"

#include <iostream>
#include <mutex>
#include <new>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <streambuf>
#include <string>
#include <vector>

namespace {

thread_local bool inside_opencv = false;
thread_local std::string failure;

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

void set_up_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::setNumThreads(1);  // images are spread over our threads already
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    // Never freed: std::cerr may be used until the very end of the process.
    std::cerr.rdbuf(new CerrFilter(std::cerr.rdbuf()));
  });
}

/// Runs `call`, which says what became of it; whatever it throws becomes a result, too.
template <typename Call>
MaePictureResult guarded(const Call& call) {
  set_up_once();
  inside_opencv = true;
  MaePictureResult result = kMaePictureRefused;
  try {
    result = call();
  } catch (const cv::Exception& error) {
    failure = error.err;
    if (error.code == cv::Error::StsNoMem) result = kMaePictureNoMemory;
  } catch (const std::bad_alloc&) {
    result = kMaePictureNoMemory;
  } catch (const std::exception& error) {
    failure = error.what();
  }
  inside_opencv = false;
  return result;
}

/// Pixels that are only read, as OpenCV sees them.
cv::Mat view(const MaePictureShape& shape, const void* pixels) {
  return {static_cast<int>(shape.height), static_cast<int>(shape.width),
          CV_MAKETYPE(CV_8U, static_cast<int>(shape.channels)), const_cast<void*>(pixels)};
}

cv::Mat in_opencvs_order(const cv::Mat& rgb) {
  if (rgb.channels() == 1) return rgb;
  cv::Mat bgr;
  if (rgb.channels() == 3) cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  if (rgb.channels() == 4) cv::cvtColor(rgb, bgr, cv::COLOR_RGBA2BGRA);
  return bgr;
}

}  // namespace

const char* mae_picture_failure() { return failure.c_str(); }

MaePictureResult mae_picture_decode(const void* bytes, size_t size, MaePictureShape* shape,
                                    void** picture) {
  return guarded([&] {
    const cv::Mat data(1, static_cast<int>(size), CV_8U, const_cast<void*>(bytes));
    const cv::Mat mat = cv::imdecode(data, cv::IMREAD_UNCHANGED | cv::IMREAD_IGNORE_ORIENTATION);
    if (mat.empty()) return kMaePictureRefused;
    if (mat.depth() != CV_8U && mat.depth() != CV_16U) return kMaePictureOtherSamples;
    if (mat.channels() == 2) return kMaePictureRefused;
    *shape = {mat.rows, mat.cols, mat.channels(), mat.depth() == CV_16U ? 16 : 8};
    *picture = new cv::Mat(mat);
    return kMaePictureDone;
  });
}

MaePictureResult mae_picture_copy(const void* picture, void* out) {
  return guarded([&] {
    const auto& mat = *static_cast<const cv::Mat*>(picture);
    cv::Mat to(mat.rows, mat.cols, mat.type(), out);
    if (mat.channels() == 1) {
      mat.copyTo(to);
    } else {
      cv::cvtColor(mat, to, mat.channels() == 3 ? cv::COLOR_BGR2RGB : cv::COLOR_BGRA2RGBA);
    }
    return kMaePictureDone;
  });
}

void mae_picture_free(void* picture) { delete static_cast<cv::Mat*>(picture); }

MaePictureResult mae_picture_resize_linear(const MaePictureShape* shape, const void* from,
                                           int64_t height, int64_t width, void* to) {
  return guarded([&] {
    cv::Mat out = view({height, width, shape->channels, 8}, to);
    cv::resize(view(*shape, from), out, out.size(), 0, 0, cv::INTER_LINEAR);
    return kMaePictureDone;
  });
}

MaePictureResult mae_picture_encode_png(const MaePictureShape* shape, const void* pixels,
                                        void** png) {
  return guarded([&] {
    std::vector<uint8_t> bytes;
    // Level and strategy are fixed, so that the bytes do not depend on a default.
    const bool encoded = cv::imencode(".png", in_opencvs_order(view(*shape, pixels)), bytes,
                                      {cv::IMWRITE_PNG_COMPRESSION, 6, cv::IMWRITE_PNG_STRATEGY,
                                       cv::IMWRITE_PNG_STRATEGY_FILTERED});
    failure = "it says no more";
    if (!encoded) return kMaePictureRefused;
    *png = new std::vector<uint8_t>(std::move(bytes));
    return kMaePictureDone;
  });
}

const void* mae_png_bytes(const void* png, size_t* size) {
  const auto& bytes = *static_cast<const std::vector<uint8_t>*>(png);
  *size = bytes.size();
  return bytes.data();
}

void mae_png_free(void* png) { delete static_cast<std::vector<uint8_t>*>(png); }
