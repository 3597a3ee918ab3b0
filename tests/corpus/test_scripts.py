"""Texts of every script, and texts of codes, are learnt from by both learners."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import pytest

from sim.corpus import ngrams, tfidf
from sim.corpus.documents import Corpus, Documents
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.ridge_learner import ARTICLE, Ridge


@dataclass(frozen=True)
class Language:
    """Words of three subjects and words of none, and what stands between and after them."""

    subjects: tuple[str, str, str]
    others: str
    between: str = " "
    endings: str = ""

    def text(self, subject: int, rng: np.random.Generator) -> str:
        endings = self.endings.split() or [""]
        words = [*rng.choice(self.subjects[subject].split(), 3), *rng.choice(self.others.split(), 3)]
        return self.between.join(f"{word}{rng.choice(endings)}" for word in rng.permutation(words))


def decomposed(language: Language) -> Language:
    """The same words with every accent a character of its own."""
    first, second, third = (unicodedata.normalize("NFD", words) for words in language.subjects)
    return Language((first, second, third), unicodedata.normalize("NFD", language.others))


LANGUAGES = {
    "Chinese": Language(
        ("发票 付款 金额 税费", "登录 密码 账号 验证", "包裹 快递 送货 物流"), "请问 昨天 谢谢 我们 可以", ""
    ),
    "Japanese": Language(
        ("請求書 支払い 料金 返金", "ログイン パスワード アカウント 認証", "荷物 配送 届け先 遅れ"),
        "ください です 昨日 ありがとう",
        "",
    ),
    "Thai": Language(
        ("ใบเสร็จ ชำระเงิน ค่าบริการ คืนเงิน", "รหัสผ่าน เข้าสู่ระบบ บัญชี ยืนยัน", "พัสดุ จัดส่ง ล่าช้า ที่อยู่"),
        "ครับ เมื่อวาน ขอบคุณ ช่วยด้วย",
        "",
    ),
    "Khmer": Language(
        ("វិក្កយបត្រ បង់ប្រាក់ តម្លៃ", "ពាក្យសម្ងាត់ គណនី ចូល", "កញ្ចប់ ដឹកជញ្ជូន អាសយដ្ឋាន"), "សូម អរគុណ ម្សិលមិញ", ""
    ),
    "Tibetan": Language(
        ("དངུལ་ རིན་པ་ འཛིན་", "གསང་བ་ ཐོ་མིང་ འཛུལ་", "ཐུམ་པོ་ སྐྱེལ་མ་ ཁ་བྱང་"), "ཁ་སང་ ཐུགས་རྗེ་ ང་ཚོ་", ""
    ),
    "Korean": Language(
        ("청구서 결제 요금 환불", "비밀번호 로그인 계정 인증", "소포 배송 주소 지연"),
        "어제 제발 우리 다시",
        endings="를 가 는 에서 으로 만",
    ),
    "Hindi": Language(
        ("बिल भुगतान रसीद शुल्क", "पासवर्ड खाता लॉगिन सत्यापन", "पार्सल डिलीवरी पता देरी"), "कृपया कल धन्यवाद हमारा"
    ),
    "Bengali": Language(
        ("বিল পরিশোধ রসিদ ফেরত", "পাসওয়ার্ড অ্যাকাউন্ট প্রবেশ যাচাই", "পার্সেল বিতরণ ঠিকানা দেরি"), "দয়া গতকাল ধন্যবাদ আমাদের"
    ),
    "Tamil": Language(
        ("கட்டணம் ரசீது பணம்", "கடவுச்சொல் கணக்கு உள்நுழைவு", "பொதி விநியோகம் முகவரி"), "நேற்று நன்றி எங்கள்"
    ),
    "Hebrew": Language(
        ("חשבונית תשלום מע״מ זיכוי", "סיסמה כניסה משתמש אימות", "חבילה משלוח כתובת איחור"),
        "אתמול תודה בבקשה שלנו",
    ),
    "Arabic": Language(
        ("فاتورة دفع رسوم استرداد", "مرور حساب دخول تحقق", "طرد توصيل عنوان تأخير"), "أمس شكرا رجاء لدينا"
    ),
    "Vietnamese, decomposed": decomposed(
        Language(("hóa đơn phí tiền", "mật khẩu nhập tài", "gói giao địa chỉ"), "hôm cảm ơn chúng")
    ),
    "French, decomposed": decomposed(
        Language(
            ("reçu payé débité", "accès oublié réinitialisé", "livré égaré expédié"), "été très déjà même"
        )
    ),
    "emoji": Language(("💶 💳 🧾 🏦", "🔑 🔒 👤 🪪", "📦 🚚 🏠 ⏰"), "🙏 😀 😡 👍", ""),
    "codes": Language(("E-1042 E-1043 X99", "L-2077 L-2078 Q41", "S-3310 S-3311 Z07"), "v2 00 R-9"),
    "numbers": Language(("101 102 103 104", "201 202 203 204", "301 302 303 304"), "900 901 902"),
}


def corpus_in(language: Language) -> Corpus:
    """90 documents to label and 60 to test on, a third of each with each label."""
    rng = np.random.default_rng(0)
    pool, test = (_documents(language, count, rng) for count in (90, 60))
    return Corpus("these", ["bills", "access", "parcels"], pool, test)


def _documents(language: Language, count: int, rng: np.random.Generator) -> Documents:
    texts = [language.text(row % 3, rng) for row in range(count)]
    return Documents(
        [str(row) for row in range(count)], texts, np.eye(3, dtype=np.bool_)[np.arange(count) % 3]
    )


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_both_learners_learn_from_every_text(language: Language) -> None:
    """Guessing has a MAP of a third."""
    corpus = corpus_in(language)
    words = tfidf.compute(corpus, 32)
    every = ngrams.compute(corpus, 32)
    first = np.arange(60)

    assert words.pool[:, :-1].any(axis=1).all()
    assert words.test[:, :-1].any(axis=1).all()
    assert every.directions_with_words.pool.any(axis=1).all()
    assert Ridge(corpus, words, ARTICLE).train(first).map > 0.8
    assert KernelRidge(corpus, every).train(first).map > 0.8
