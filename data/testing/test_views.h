// SPDX-License-Identifier: MIT
// View recipes as a resolved spec has them, for tests.
#ifndef DATA_TESTING_TEST_VIEWS_H_
#define DATA_TESTING_TEST_VIEWS_H_

#include "data/views/augmentation.pb.h"

namespace snclr {

inline void SetChannels(double value, ChannelsSpec* channels) {
  channels->set_red(value);
  channels->set_green(value);
  channels->set_blue(value);
}

// Crop and flip alone: what the tests of loading need to tell views apart.
inline void SetCropAndFlip(ViewSpec* view) {
  view->mutable_crop()->set_min_area(0.2);
  view->mutable_crop()->set_max_area(1);
  view->mutable_crop()->set_min_aspect(0.75);
  view->mutable_crop()->set_max_aspect(4.0 / 3);
  view->mutable_jitter()->set_probability(0);
  view->set_grayscale_probability(0);
  view->mutable_blur()->set_probability(0);
  view->mutable_solarize()->set_probability(0);
  view->set_flip_probability(0.5);
}

// x -> (x/255 - 0.5) / 0.25, evaluation without enlargement.
inline AugmentationSpec CropAndFlipViews() {
  AugmentationSpec views;
  SetCropAndFlip(views.mutable_view1());
  SetCropAndFlip(views.mutable_view2());
  views.mutable_eval()->set_resize_ratio(1);
  SetChannels(0.5, views.mutable_normalize()->mutable_mean());
  SetChannels(0.25, views.mutable_normalize()->mutable_std());
  return views;
}

// Every stage happens and does not happen; the views differ.
inline AugmentationSpec ViewsOfAllStages() {
  AugmentationSpec views = CropAndFlipViews();
  for (ViewSpec* view : {views.mutable_view1(), views.mutable_view2()}) {
    view->mutable_jitter()->set_probability(0.8);
    view->mutable_jitter()->set_brightness(0.4);
    view->mutable_jitter()->set_contrast(0.4);
    view->mutable_jitter()->set_saturation(0.2);
    view->mutable_jitter()->set_hue(0.1);
    view->set_grayscale_probability(0.2);
    view->mutable_blur()->set_probability(0.5);
    view->mutable_blur()->set_sigma_min_px(0.5);
    view->mutable_blur()->set_sigma_max_px(2);
    view->mutable_blur()->set_kernel(THREE_BOXES);
  }
  views.mutable_view2()->mutable_solarize()->set_probability(0.5);
  views.mutable_view2()->mutable_solarize()->set_threshold(128);
  return views;
}

}  // namespace snclr

#endif  // DATA_TESTING_TEST_VIEWS_H_
