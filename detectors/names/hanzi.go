package names

import (
	"strings"
	"unicode/utf8"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/anchor"
)

// hanzi is the detector of names in Chinese, Japanese and Korean script, where a
// cue stands beside them: "姓名：王小明", "王小明先生", "氏名：山田太郎", "김민수 씨".
// Without a cue nothing in these scripts tells a name from other words.
type hanzi struct{}

// A wordCue is a word that says that a name stands before or behind it.
type wordCue struct {
	text   string
	behind bool // the name stands behind it
	script script
	points int16
	full   bool // only a full name counts: the word is used otherwise too
}

type script uint8

const (
	chinese script = iota
	japanese
	korean
)

var wordCues = func() (out []wordCue) {
	add := func(s script, behind bool, points int16, full bool, list string) {
		for w := range strings.FieldsSeq(list) {
			out = append(out, wordCue{w, behind, s, points, full})
		}
	}
	add(chinese, true, 80, false, "姓名 名字 患者 病人 客户 顾客 联系人 收件人 寄件人 持卡人 申请人 负责人 员工 投保人 被保险人 收货人 法定代表人 聯絡人 收件者 客戶 申請人 開戶人 开户人")
	add(chinese, true, 78, false, "我叫 我是 名叫")
	add(chinese, false, 79, false, "先生 女士 小姐 太太 同学 医生 經理 经理 老师")
	add(japanese, true, 80, false, "氏名 名前 患者名 担当者 担当 顧客名 申込者 契約者 被保険者 宛名 社員名 受取人 私は")
	add(japanese, false, 80, false, "様 さん 氏 殿 先生 くん ちゃん")
	add(korean, true, 80, false, "이름 성명 환자 고객명 고객 담당자 예금주 신청인 수취인 받는사람 직원")
	add(korean, false, 78, true, "씨 님 선생님 환자")
	return out
}()

// Surnames of Chinese (with those of two characters), Japanese and Korean: the
// most common ones.
const (
	chineseSurnames  = "王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文庞龐樊兰蘭殷施陶洪翟安颜顏倪严嚴牛温溫芦季俞章鲁魯葛伍韦韋申尤毕畢聂聶丛焦向柳邢路岳齐齊梅莫庄莊辛管祝左涂谷祁时時舒耿牟卜詹关關苗凌费費纪紀靳盛童欧歐甄项項曲成游阳陽裴席卫衛查屈鲍鮑位覃霍翁隋植甘景薄单單包司柏宁寧柯阮桂闵閔解强強柴华華车車冉房边邊"
	doubleSurnames   = "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 夏侯 皇甫 尉迟 公孙 慕容 司徒 令狐 东方 南宫"
	japaneseSurnames = "佐藤 鈴木 高橋 田中 渡辺 渡邊 伊藤 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 清水 斎藤 斉藤 山崎 森 阿部 池田 橋本 山下 石川 中島 前田 藤田 小川 後藤 岡田 長谷川 村上 近藤 石井 坂本 遠藤 青木 藤井 西村 福田 太田 三浦 藤原 岡本 松田 中川 中野 原田 小野 田村 竹内 金子 和田 中山 石田 上田 森田 原 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 高田 藤本 武田 村田 上野 杉山 増田 菅原 平野 大塚 千葉 久保 松井 岩崎 桜井 木下 野口 松尾 野村 菊地 佐野 大西 杉本 新井 浜田 市川 古川 水野 小松 島田 小山 吉川 山内 西田 西川 北村 安田 川崎 飯田 樋口 川口 永井 本田 服部 星野 黒田 関 石原 土屋 辻 岩田 馬場 川上 片山 須藤 本間 秋山 田口 早川 荒木 大久保 熊谷 河野 矢野 小田 荻野"
	koreanSurnames   = "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민진나지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국"
)

var (
	japaneseFamily = split(japaneseSurnames)
	doubleFamily   = split(doubleSurnames)
)

func split(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// How much text is looked at on each side of a cue, in bytes: a full name in
// three bytes a character, and what may stand between.
const (
	hanziLeft  = 48
	hanziRight = 40
)

// Needs implements [detectors.Detector].
func (hanzi) Needs() detectors.Needs {
	n := detectors.Needs{Left: hanziLeft, Right: hanziRight, Open: inWord}
	for _, w := range wordCues {
		n.Literals = append(n.Literals, anchor.Literal{Text: w.text})
		n.LiteralReach = append(n.LiteralReach, detectors.Reach{Before: hanziLeft, Behind: hanziRight})
	}
	return n
}

// NewPass implements [detectors.Detector].
func (hanzi) NewPass() detectors.Pass { return hanziPass{} }

type hanziPass struct{}

func (hanziPass) Reset()                        {}
func (hanziPass) Close(func(detectors.Finding)) {}

// Check implements [detectors.Pass].
func (hanziPass) Check(v detectors.View, h anchor.Hit, emit func(detectors.Finding)) (more int) {
	w := &wordCues[h.ID]
	var from, to int
	if w.behind {
		from, to = nameBehind(v.Text, v.At, w.script)
	} else {
		from, to = nameAhead(v.Text, v.At-len(w.text), w.script)
	}
	if to <= from {
		return 0
	}
	emit(detectors.Finding{
		Type: TypeName, Rule: "pii.person_name.script", Span: detectors.Span{Start: v.Off + from, End: v.Off + to}, Confidence: detectors.Confidence(w.points),
		Evidence: []detectors.Evidence{{Name: "cue:word", Points: w.points}},
	})
	return 0
}

// nameBehind reads the name behind a label: a colon, quotes and blanks may stand
// between; "我叫" and the like need none.
func nameBehind(text []byte, at int, s script) (from, to int) {
	i := at
	for n := 0; n < 8 && i < len(text); n++ {
		r, size := utf8.DecodeRune(text[i:])
		if !strings.ContainsRune(":： \t=\"'「『|*是は은는", r) {
			break
		}
		if strings.ContainsRune("は은는是", r) && s == chinese && r != '是' {
			break
		}
		i += size
	}
	return i, i + nameLength(text[i:], s)
}

// nameAhead reads the name before a form of address.
func nameAhead(text []byte, end int, s script) (from, to int) {
	stop := end
	if stop > 0 && text[stop-1] == ' ' {
		stop--
	}
	var starts [8]int
	n := 0
	for i := stop; i > 0 && n < 6; n++ {
		r, size := utf8.DecodeLastRune(text[:i])
		if !inScript(r, s) && !(r == ' ' && s == japanese && n > 0) {
			break
		}
		i -= size
		starts[n] = i
	}
	// The longest full name wins: "昨天王小明先生" has four characters before it.
	for k := n - 1; k >= 1; k-- {
		if l := nameLength(text[starts[k]:stop], s); l > 0 && starts[k]+l == stop {
			if k > 3 && s != japanese { // at most two surnames and two characters
				continue
			}
			return starts[k], stop
		}
	}
	return 0, 0
}

// nameLength is the length of the full name that text begins with, 0 for none.
func nameLength(text []byte, s script) int {
	run, chars := 0, 0
	space := 0
	var ends [8]int
	for run < len(text) && chars < len(ends) {
		r, size := utf8.DecodeRune(text[run:])
		if r == ' ' || r == '　' {
			if s != japanese || chars == 0 || space > 0 {
				break
			}
			if next, _ := utf8.DecodeRune(text[run+size:]); !inScript(next, s) {
				break
			}
			space = chars
			run += size
			continue
		}
		if !inScript(r, s) {
			break
		}
		run += size
		ends[chars] = run
		chars++
	}
	if chars < 2 {
		return 0
	}
	switch s {
	case chinese:
		if chars >= 3 && doubleFamily[string(text[:ends[1]])] {
			return ends[min(chars, 4)-1]
		}
		if !strings.Contains(chineseSurnames, string(text[:ends[0]])) {
			return 0
		}
		if chars > 4 {
			return 0 // a sentence
		}
		return ends[min(chars, 3)-1]
	case korean:
		if !strings.Contains(koreanSurnames, string(text[:ends[0]])) || chars < 3 {
			return 0
		}
		return ends[2]
	case japanese:
		for k := min(3, chars-1); k >= 1; k-- {
			if japaneseFamily[string(text[:ends[k-1]])] && chars-k <= 3 && (space == 0 || space == k) {
				return ends[chars-1]
			}
		}
		if space > 0 && space <= 3 && chars-space <= 3 {
			return ends[chars-1]
		}
	}
	return 0
}

func inScript(r rune, s script) bool {
	switch s {
	case chinese:
		return r >= 0x4E00 && r <= 0x9FFF
	case japanese:
		return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3041 && r <= 0x309F || r >= 0x30A1 && r <= 0x30FA || r == '々' || r == 'ー'
	}
	return r >= 0xAC00 && r <= 0xD7A3
}
