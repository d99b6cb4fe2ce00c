"""Which detector judges which metric type, and how much of the past it must read."""

from dataclasses import dataclass

from pipeline.detection import counts, custody, refills, stock
from pipeline.detection.contract import Detector


@dataclass(frozen=True)
class Judge:
    """A detector and the days before its first row on which a score may depend."""

    detect: Detector
    lookback_days: int


JUDGES: dict[str, Judge] = {
    "stok_seviye": Judge(stock.detect_stock, stock.LOOKBACK_DAYS),
    "tuketim_miktar": Judge(counts.detect_consumption, counts.LOOKBACK_DAYS),
    "dolum_sure": Judge(refills.detect_refills, refills.LOOKBACK_DAYS),
    "zimmet_kullanim": Judge(custody.detect_custody, custody.LOOKBACK_DAYS),
}
