// Where inputs are a stranger's, every file that says what the samples are is read in a child
// first; what comes out is the same.
#include "mae/sources/first_look.h"

#include <sys/resource.h>
#include <zlib.h>

#include <csignal>
#include <cstdlib>

#include "mae/sources/gzip_file.h"
#include "scratch.h"

namespace mae {
namespace {

class FirstLook : public ScratchTest {
 protected:
  FirstLook() {
    write("a.png", picture(1));
    files_ = {write("list.txt", "a.png\n"), write("table.csv", "image,label\na.png,3\n"),
              write("images.idx", idx()), write("images.idx.gz", gzip(idx())), tar()};
  }
  ~FirstLook() override { set_input_policy({}); }

  static void distrust() {
    InputPolicy policy;
    policy.untrusted = true;
    set_input_policy(policy);
  }
  /// Grows with every child that has been waited for.
  static int64_t work_of_children() {
    struct rusage used {};
    ::getrusage(RUSAGE_CHILDREN, &used);
    return used.ru_minflt;
  }
  static std::string idx() { return std::string("\0\0\x08\x03\0\0\0\1\0\0\0\1\0\0\0\2ab", 18); }
  std::string gzip(const std::string& bytes) const {
    const std::string name = path("packed");
    gzFile file = gzopen(name.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return stored_beginning(name, 1 << 16);
  }
  std::string tar() const {
    const std::string command = "tar -C '" + path("") + "' -cf '" + path("a.tar") + "' a.png";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return path("a.tar");
  }

  std::vector<std::string> files_;
};

TEST_F(FirstLook, HappensInAChildForStrangersFilesOnly) {
  for (const std::string& file : files_) {
    const int64_t before = work_of_children();
    const auto trusted = open_image_source({file});
    EXPECT_EQ(work_of_children(), before) << file;
    distrust();
    const auto source = open_image_source({file});
    set_input_policy({});
    EXPECT_GT(work_of_children(), before) << file;
    EXPECT_EQ(names(*source), names(*trusted)) << file;
    EXPECT_EQ(labels(*source), labels(*trusted)) << file;
  }
}

TEST_F(FirstLook, ErrorsAreTheSame) {
  const auto error_of = [](const std::string& file) -> std::string {
    try {
      open_image_source({file});
    } catch (const Error& error) {
      return error.line();
    }
    return "no error";
  };
  const std::string bad[] = {write("bad.txt", "../outside.png\n"), write("bad.csv", "a,b\n1,2\n"),
                             write("bad.idx", idx().substr(0, 17)),
                             write("bad.gz", gzip(idx()).substr(0, 20)),
                             write("bad.tar", std::string(700, 'x'))};
  for (const std::string& file : bad) {
    const std::string trusted = error_of(file);
    EXPECT_NE(trusted, "no error");
    distrust();
    EXPECT_EQ(error_of(file), trusted);
    set_input_policy({});
  }
}

TEST_F(FirstLook, ACrashIsAnErrorOfTheFile) {
  const auto crash = [] {
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  };
  look_first(files_[0], "list", crash);  // trusted: nothing happens
  distrust();
  EXPECT_THROW(look_first(files_[0], "list", crash), DataError);
}

}  // namespace
}  // namespace mae
