// The yardstick of mae-patchify: reads and decodes JPEG files with libjpeg-turbo alone and keeps
// nothing.
// usage: jpeg_decode FILE...; prints seconds of processor time
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

// jpeglib.h needs stdio's types before it.
#include <jpeglib.h>

namespace {

void decode(const std::string& bytes, std::vector<unsigned char>* pixels) {
  jpeg_error_mgr errors;
  jpeg_decompress_struct decoder = {};
  decoder.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&decoder);
  jpeg_mem_src(&decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&decoder, TRUE);
  if (decoder.num_components == 3) decoder.out_color_space = JCS_RGB;
  jpeg_start_decompress(&decoder);
  const size_t row_bytes = size_t{decoder.output_width} * decoder.output_components;
  pixels->resize(row_bytes * decoder.output_height);
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = pixels->data() + decoder.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  jpeg_destroy_decompress(&decoder);
}

}  // namespace

int main(int argc, char** argv) {
  const std::clock_t started = std::clock();
  std::vector<unsigned char> pixels;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary | std::ios::ate);
    std::string bytes(static_cast<size_t>(file.tellg()), '\0');
    file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    decode(bytes, &pixels);
  }
  std::printf("%.6f\n", static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
}
