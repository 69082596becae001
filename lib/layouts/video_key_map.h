// Names of VideoMAE's tensors in Hugging Face's files (spec 6.4). The official ones are ours.
#pragma once

#include <string>
#include <vector>

#include "mae/layouts/key_map.h"

namespace mae {

/// Whether these are Hugging Face's names of a model of clips: they begin with "videomae.", or
/// attention has biases of queries and values alone.
bool is_hugging_face_video(const std::vector<std::string>& names);

/// To official names: "encoder." in front of the encoder's, but in a classifier. Biases of queries
/// and values are known in both spellings, as hub files and as newer versions hold them. Names that
/// nothing is known of are left out.
std::vector<KeyMove> video_moves_to_official(const std::vector<std::string>& names);

/// Back, as in hub files. prefix  "videomae." or, for the bare encoder model, empty
std::vector<KeyMove> video_moves_to_hugging_face(const std::vector<std::string>& names,
                                                 const std::string& prefix);

}  // namespace mae
