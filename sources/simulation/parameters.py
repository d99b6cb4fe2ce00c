"""The figures of the sample hotel, each with its origin: R fitted to real data, L published, A assumed.

R figures on stays come from Antonio, Almeida, Nunes (2019), "Hotel booking demand datasets", Data in Brief 22,
doi:10.1016/j.dib.2018.11.126 (CC BY 4.0); R figures on use come from public vending and coffee sales, R durations
from a custodian's log of 231 timed tasks. ``docs/sample-hotel.md`` says where each stands and how to check it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StayProfile:
    """Arrivals and stays of one kind of hotel; arrivals scale with the number of rooms."""

    code: str
    hotel_name: str
    rooms: int  # R: rooms of the real hotel that the figures come from
    arrivals_per_day: float  # R
    los_mean: float  # R: nights
    los_shape: tuple[float, ...]  # share of stays by nights, before it is tilted to los_mean
    month_factor: tuple[float, ...]  # relative demand from January on
    arrivals_cv: float  # day-to-day variation of arrivals beyond Poisson


# R: the resort hotel, stays that arrived from 2015-07-20 to 2017-04-30; 16 nights and more are left out (0.6 %).
RESORT_LOS = (
    0.2432, 0.1642, 0.1373, 0.1139, 0.0651, 0.0414, 0.1437, 0.0177, 0.0131, 0.0215, 0.0078, 0.0030, 0.0026, 0.0198,
    0.0007,
)  # fmt: skip
# A: the published set used here has no stays of the city hotel by length; only its mean is R.
CITY_LOS = (0.22, 0.27, 0.24, 0.14, 0.06, 0.03, 0.03, 0.006, 0.003, 0.001)
# R: mean occupancy of the month over the mean of all months (resort); A: the city's season is its power 0.3.
RESORT_MONTHS = (0.57, 0.79, 1.01, 1.07, 1.15, 1.20, 1.20, 1.21, 1.21, 1.11, 0.82, 0.64)
CITY_MONTHS = tuple(round(factor**0.3, 3) for factor in RESORT_MONTHS)

PROFILES: dict[str, StayProfile] = {
    profile.code: profile
    for profile in (
        # The variation is R for the resort (φ of arrivals given month and weekday 5.8 at 36 a day), A for the city.
        StayProfile("city", "Sample City Hotel", 226, 62.9, 2.94, CITY_LOS, CITY_MONTHS, 0.30),
        StayProfile("resort", "Sample Resort Hotel", 187, 36.9, 4.19, RESORT_LOS, RESORT_MONTHS, 0.36),
    )
}
GIVEN_STAYS = "given_stays"  # the profile of a hotel whose stays were imported

# R: (adults, children) of a stay; mean 1.95 guests.
PARTIES = ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1))
PARTY_SHARES = (0.208, 0.003, 0.700, 0.031, 0.026, 0.026, 0.006)
# R: market segments of the resort hotel.
SEGMENTS = ("Online TA", "Offline TA/TO", "Direct", "Groups", "Corporate", "Complementary")
SEGMENT_SHARES = (0.379, 0.216, 0.194, 0.131, 0.074, 0.006)

# Use of the minibar.
SHARE_WHO_EVER_USE = 0.62  # L/A: a third of travellers never use it
GUEST_NIGHT_USE = 0.149  # derived: 27 % of occupied room-nights (L) at 1.95 guests
# Calibrated to ITEMS_PER_OCCUPIED_ROOM_NIGHT: 1 needs no correction with the bounds of this simulation.
USE_CALIBRATION = 1.0
ITEMS_PER_OCCUPIED_ROOM_NIGHT = 0.345  # derived
MAX_USE = 0.9
STAY_FRAILTY_SHAPE = 1.2  # A: gamma, mean 1: stays differ much in their thirst
HOTEL_DAY_LOG_SD = 0.15  # A; real vending machines: at most .33 to .55
ITEMS_PER_USE = (0.765, 0.185, 0.045, 0.005)  # R: of one person: 1, 2, 3, 4 items
REPEAT_SAME_ITEM = 0.41  # R
WEEKDAY_USE = (1.01, 1.18, 0.92, 0.99, 0.96, 0.99, 0.95)  # R × A, Monday first; used to the power 0.3
WEEKDAY_POWER = 0.3

# The round of the attendants.
DND_STAYOVER = 0.10  # A
VACANT_ROUND_DAYS = 7  # A: an empty room is looked at once a week
ROUND_START_SECONDS = 9 * 3600  # A: the round lasts from 09:00 to about 16:00
ROUND_SECONDS = 7 * 3600
DEPARTURE_WINDOW = (0.43, 0.9)  # A: guests leave by 12:00; part of the round in which their rooms are looked at
CHECK_MINUTES = 1.2  # A, calibrated to about 100 manual bars an attendant-day (L)
REFILL_EXTRA_MINUTES = 0.5  # A
ITEM_MINUTES = 0.55  # A
DURATION_LOG_SD = 0.37  # R
ATTENDANT_DAY_LOG_SD = 0.14  # R
ATTENDANT_SKILL_LOG = (0.0, 0.12, -0.1, 0.05)  # A
ROOMS_PER_ATTENDANT = 80  # L: 60 to 100
LATE_SHARE = 0.01  # A (real late data: .081 later than a day, R, vending)
LATE_HOURS = (2.0, 72.0)  # A
QR_SHARE = 0.97  # A
QR_SUCCESS = 0.98  # A
REQUEST_SHARE = 0.2  # A: of stay-over rooms with three and more units missing
SMALL_REQUEST_SHARE = 0.25  # A: of the other stay-over rooms in which anything is missing
REQUEST_LEAD_SECONDS = (1200, 6600)  # A: from the request to the visit

# Goods.
UNRECORDED_SHARE = 0.06  # A within L (5 to 20 %): goods that leave the store and no record says so
ORDER_UP_TO_DAYS = 12  # A
REVIEW_WEEKDAYS = (0, 3)  # A: Monday and Thursday
LEAD_DAYS = 2  # A
SHORT_DELIVERY_PROBABILITY = 0.03  # A: a case fewer arrives, and is booked so
ISSUE_WEEKDAYS = (0, 3)  # A: trolleys are filled on Monday and Thursday, emptied on Sunday
CUSTODY_COVER = 1.0  # with the next figure calibrated to a use rate of .75 (simulated policy)
CUSTODY_SAFETY = 1.3
COUNT_WEEKDAY = 6  # A: the store is counted on Sunday evening
WASTE_PER_WEEK = 0.0015  # A: share of the store that expires in a week
BREAKAGE_PER_WEEK = 0.08  # A: attendant-weeks with one broken unit
CRITICAL_DAYS = 4  # A: the critical level is the use of so many days
COST_SHARE = 0.45  # A within L (33 to 52 % of the price)
USUAL_OCCUPANCY = 0.83  # R: 155 of 187 and 185 of 226 rooms


@dataclass(frozen=True)
class SampleProduct:
    """One of the 27 products: share of consumption (R × A), price in EUR, units a full minibar holds (A)."""

    code: str
    name: str
    group: str
    share: float
    price: float
    par: int


CASE_SIZES = {"water": 24, "soft": 24, "beer": 24, "wine_spirits": 6, "snack": 12}  # A
GROUP_NAMES = {
    "water": "Water",
    "soft": "Soft drinks",
    "beer": "Beer",
    "wine_spirits": "Wine and spirits",
    "snack": "Snacks",
}
PRODUCTS = (
    SampleProduct("P01", "Still water 0.33 l", "water", 0.20792, 3.0, 2),
    SampleProduct("P02", "Sparkling water 0.33 l", "water", 0.05021, 3.2, 2),
    SampleProduct("P03", "Still water 0.75 l", "water", 0.02187, 4.5, 2),
    SampleProduct("P04", "Cola zero 0.25 l", "soft", 0.12448, 3.5, 2),
    SampleProduct("P05", "Cola 0.25 l", "soft", 0.05807, 3.5, 2),
    SampleProduct("P06", "Orange juice 0.2 l", "soft", 0.03718, 3.8, 2),
    SampleProduct("P07", "Iced tea 0.25 l", "soft", 0.02709, 3.8, 2),
    SampleProduct("P08", "Lemonade 0.25 l", "soft", 0.0212, 3.5, 2),
    SampleProduct("P09", "Energy drink 0.25 l", "soft", 0.01734, 4.9, 2),
    SampleProduct("P10", "Tonic 0.2 l", "soft", 0.01464, 3.5, 2),
    SampleProduct("P11", "Lager 0.33 l", "beer", 0.07501, 4.8, 2),
    SampleProduct("P12", "Non-alcoholic beer 0.33 l", "beer", 0.03499, 4.5, 2),
    SampleProduct("P13", "White wine 0.187 l", "wine_spirits", 0.015, 8.5, 1),
    SampleProduct("P14", "Red wine 0.187 l", "wine_spirits", 0.00989, 8.5, 1),
    SampleProduct("P15", "Sparkling wine 0.2 l", "wine_spirits", 0.00776, 10.0, 1),
    SampleProduct("P16", "Whisky 5 cl", "wine_spirits", 0.00653, 7.5, 1),
    SampleProduct("P17", "Vodka 5 cl", "wine_spirits", 0.00571, 7.0, 1),
    SampleProduct("P18", "Gin 5 cl", "wine_spirits", 0.00512, 7.0, 1),
    SampleProduct("P19", "Chocolate bar", "snack", 0.08635, 3.2, 1),
    SampleProduct("P20", "Chips 40 g", "snack", 0.04532, 3.5, 1),
    SampleProduct("P21", "Salted peanuts 60 g", "snack", 0.03108, 3.9, 1),
    SampleProduct("P22", "Pistachios 50 g", "snack", 0.02379, 4.5, 1),
    SampleProduct("P23", "Pretzels 50 g", "snack", 0.01933, 3.2, 1),
    SampleProduct("P24", "Cookies 40 g", "snack", 0.01631, 3.2, 1),
    SampleProduct("P25", "Candy 45 g", "snack", 0.01414, 3.2, 1),
    SampleProduct("P26", "Protein bar", "snack", 0.01249, 4.2, 1),
    SampleProduct("P27", "Chewing gum", "snack", 0.01119, 2.5, 1),
)
OTHER_PRODUCT_SHARE = 0.02  # A: a hotel's own product that is none of the above


@dataclass(frozen=True)
class SampleRoomType:
    """A room type, its share of the rooms and the products its minibar holds (A; about 12 of the 27)."""

    code: str
    name: str
    share: float
    products: tuple[str, ...]


ROOM_TYPES = (
    SampleRoomType("STD", "Standard", 0.50,
        ("P01", "P02", "P04", "P05", "P06", "P11", "P12", "P13", "P19", "P20", "P21", "P27")),
    SampleRoomType("SUP", "Superior", 0.25,
        ("P01", "P02", "P04", "P05", "P07", "P11", "P14", "P16", "P19", "P20", "P22", "P24")),
    SampleRoomType("FAM", "Family", 0.15,
        ("P01", "P03", "P04", "P05", "P06", "P08", "P11", "P19", "P20", "P23", "P25", "P26")),
    SampleRoomType("SUI", "Suite", 0.10,
        ("P01", "P02", "P03", "P04", "P09", "P10", "P11", "P15", "P17", "P18", "P19", "P22", "P21")),
)  # fmt: skip
ATTENDANT_NAMES = (
    "Elif Kaya", "Mehmet Aydın", "Zeynep Çelik", "Hasan Yıldız", "Fatma Şahin", "Emre Öztürk", "Selin Arslan",
    "Murat Doğan", "Gülay Kılıç", "Okan Aslan", "Derya Koç", "Serkan Güneş", "Nuray Polat", "Barış Erdoğan",
)  # fmt: skip
STOREKEEPER_NAME = "İbrahim Taş"
ROOMS_PER_FLOOR = 30  # A
