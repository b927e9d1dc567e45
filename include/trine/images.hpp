#pragma once

/// Everything that reads, finds or draws pictures: photos in files and folders, faces on them, and pictures of a
/// training and of what it learnt. Needs CImg, libjpeg and libpng; trine.hpp holds all that does not.

#include "data/folder.hpp"
#include "data/image.hpp"
#include "data/image_io.hpp"
#include "data/orientation.hpp"
#include "data/pairs.hpp"
#include "faces/alignment.hpp"
#include "faces/mtcnn.hpp"
#include "visual/embedding_map.hpp"
#include "visual/evaluation_pictures.hpp"
#include "visual/network_pictures.hpp"
#include "visual/pictures.hpp"
#include "visual/saliency.hpp"
#include "visual/text_chart.hpp"
