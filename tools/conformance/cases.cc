// SPDX-License-Identifier: MIT
#include "tools/conformance/cases.h"

#include <map>

namespace snclr {
CaseCheck FindCaseCheck(const std::string& name) {
  static const auto& checks = *new std::map<std::string, CaseCheck>{
      {"augment", CheckAugment},         {"heads", CheckHeads},
      {"init_bounds", CheckInitBounds},  {"knn", CheckKnn},
      {"moco_v3_loss", CheckMocoV3Loss}, {"neighbor_bank", CheckNeighborBank},
      {"nnclr_loss", CheckNnclrLoss},    {"optimizer", CheckOptimizer},
      {"schedule", CheckSchedule},       {"sincos_table", CheckSincosTable},
      {"snclr_loss", CheckSnclrLoss},    {"train_step", CheckTrainStep},
      {"vit_forward", CheckVitForward},
  };
  const auto found = checks.find(name);
  return found == checks.end() ? nullptr : found->second;
}

bool IsOfTheCpu(const std::string& name) {
  return name == "augment" || name == "init_bounds" || name == "schedule" ||
         name == "sincos_table";
}

}  // namespace snclr
