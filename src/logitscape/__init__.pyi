from . import contrastive as contrastive
from . import datasets as datasets
from . import logit_maps as logit_maps
from . import losses as losses
from . import multilabel as multilabel
from . import normalizers as normalizers
from . import plotting as plotting
from . import testing as testing
from ._src.audit.batch import BatchGradient as BatchGradient
from ._src.audit.recording import Recording as Recording
from ._src.base.memory import clear_caches as clear_caches
from ._src.datasets.dataset import Dataset as Dataset
from ._src.diagnosis.answers import Answer as Answer
from ._src.diagnosis.answers import Witness as Witness
from ._src.diagnosis.config import DiagnosisConfig as DiagnosisConfig
from ._src.dynamics.flow import Flows as Flows
from ._src.dynamics.flow import flow as flow
from ._src.dynamics.flow import times_to_correct as times_to_correct
from ._src.engine.linear_loss import linear_loss as linear_loss
from ._src.engine.value_and_grad import value_and_grad as value_and_grad
from ._src.landscapes.landscape import Landscape as Landscape
from ._src.landscapes.parameter_sweep import sweep_parameters as sweep_parameters
from ._src.landscapes.simplex_plane import simplex_plane as simplex_plane
from ._src.landscapes.slice import Slice as Slice
from ._src.landscapes.slice import points as points
from ._src.landscapes.slices import box as box
from ._src.landscapes.slices import plane as plane
from ._src.landscapes.slices import ray as ray
from ._src.landscapes.store import sweep_to as sweep_to
from ._src.landscapes.summary import summarize as summarize
from ._src.landscapes.sweep import sweep as sweep
from ._src.monitoring import probe as probe
from ._src.monitoring import probe_linear_loss as probe_linear_loss
from ._src.normalizers.normalize import normalize as normalize
from ._src.normalizers.powers import normalize_powers as normalize_powers
from ._src.normalizers.probs import Probs as Probs
from ._src.objectives.batched import drop_in as drop_in
from ._src.objectives.batched import per_example as per_example
from ._src.objectives.bound import BoundFormula as BoundFormula
from ._src.objectives.bound import loss as loss
from ._src.objectives.catalog import CONTRASTIVE_LOSSES as CONTRASTIVE_LOSSES
from ._src.objectives.catalog import LOGIT_LOSSES as LOGIT_LOSSES
from ._src.objectives.catalog import LOGIT_MAPS as LOGIT_MAPS
from ._src.objectives.catalog import LOSSES as LOSSES
from ._src.objectives.catalog import MULTILABEL_LOSSES as MULTILABEL_LOSSES
from ._src.objectives.catalog import NORMALIZERS as NORMALIZERS
from ._src.objectives.catalog import PROBABILITY_LOSSES as PROBABILITY_LOSSES
from ._src.objectives.mapped import normalizer as normalizer
from ._src.objectives.objective import Objective as Objective
from ._src.objectives.sources import compose as compose
from ._src.objectives.sources import objective as objective
from ._src.properties.calibration_function import (
    CalibrationFunction as CalibrationFunction,
)
from ._src.properties.calibration_function import (
    calibration_function as calibration_function,
)
from ._src.properties.collapse_margin import collapse_margin as collapse_margin
from ._src.properties.gradient_laws import GradientLaws as GradientLaws
from ._src.properties.gradient_laws import gradient_law as gradient_law
from ._src.properties.gradient_laws import gradient_laws as gradient_laws
from ._src.properties.law import Law as Law
from ._src.properties.mixability import mixability as mixability
from ._src.properties.noise_symmetry import NoiseSymmetry as NoiseSymmetry
from ._src.properties.noise_symmetry import noise_symmetry as noise_symmetry
from ._src.reports.audit import Audit as Audit
from ._src.reports.audit import audit as audit
from ._src.reports.audit_series import AuditSeries as AuditSeries
from ._src.reports.comparison import Comparison as Comparison
from ._src.reports.comparison import compare as compare
from ._src.reports.diagnose import diagnose as diagnose
from ._src.reports.diagnosis import Diagnosis as Diagnosis
from ._src.training.result import Training as Training
from ._src.training.train import train as train

__version__: str
