/** What a prompt asks to see, read from its words in English, Italian and Chinese. */
import { hashText } from './random.ts';

export type Subject =
  | 'portrait'
  | 'animal'
  | 'greenhouse'
  | 'office'
  | 'still-life'
  | 'space'
  | 'street'
  | 'city'
  | 'flowers'
  | 'desert'
  | 'sea'
  | 'forest'
  | 'mountains'
  | 'shapes';

export type TimeOfDay = 'day' | 'sunset' | 'night' | 'dawn';

export interface SceneWords {
  /** What the picture is of; the rest of what was named, in `also`. */
  subject: Subject;
  also: ReadonlySet<Subject>;
  time: TimeOfDay;
  neon: boolean;
  rain: boolean;
  snow: boolean;
  mist: boolean;
  man: boolean;
  glowing: boolean;
  animal: 'cat' | 'dog' | 'fox' | 'bird' | 'whale';
  /** `#rrggbb` of a colour the prompt names. */
  colour: string | undefined;
  /** Whether the prompt has one of these words, for details only one scene knows. */
  has(words: string): boolean;
  /** Of the prompt without markers: settles what its words leave open. */
  hash: number;
}

/**
 * First named wins, so what is most particular stands first. `*` stands for any ending; Chinese is looked
 * for anywhere in the text, since it has no spaces.
 */
const SUBJECTS: readonly (readonly [Subject, string])[] = [
  [
    'portrait',
    'portrait portraits woman women man men face girl boy person people selfie headshot lady gentleman actor actress astronaut ritratto donna uomo ragazza ragazzo volto viso persona 人像 肖像 女人 男人 女孩 男孩 女子 男子 臉 脸',
  ],
  [
    'animal',
    'animal animals cat cats kitten dog dogs puppy fox foxes bird birds owl wolf whale whales fish dolphin animale animali gatto gatta cane volpe uccello uccelli gufo lupo balena pesce 動物 动物 貓 猫 狗 狐 鳥 鸟 鯨 鲸 魚 鱼',
  ],
  [
    'greenhouse',
    'greenhouse greenhouses conservatory plant plants botanical serra serre pianta piante 溫室 温室 植物',
  ],
  [
    'office',
    'office offices desk workspace room interior ufficio scrivania stanza interno 辦公室 办公室 書桌 房間 房间',
  ],
  [
    'still-life',
    'coffee cup mug tea teapot bottle vase fruit fruits apple apples lemon lemons pear pears bowl breakfast product perfume caffè caffe tazza tè bottiglia vaso frutta mela limoni pera 咖啡 茶 杯 瓶 水果',
  ],
  [
    'space',
    'space galaxy planet planets cosmos cosmic nebula universe mars saturn spazio galassia pianeta cosmo universo 太空 宇宙 星球 行星 銀河 银河',
  ],
  [
    'street',
    'street streets alley tokyo cyberpunk shibuya strada strade via vicolo 街 街道 巷 東京 东京 賽博朋克 赛博朋克',
  ],
  [
    'city',
    'city cities skyline skyscraper* town downtown urban metropolis building* città citta grattaciel* 城市 都市 大樓 大楼 台北 上海',
  ],
  [
    'flowers',
    'flower flowers floral rose roses tulip* poppy poppies meadow garden blossom* bouquet fiore fiori rosa rose prato giardino papaver* 花 花園 花园 玫瑰 櫻花 樱花',
  ],
  ['desert', 'desert dune dunes sahara cactus canyon deserto dune 沙漠 沙丘'],
  [
    'sea',
    'sea ocean beach coast harbour harbor wave waves boat ship sail* lighthouse island mare oceano spiaggia costa onda onde barca faro isola 海 海洋 大海 海灘 海滩 船 波浪',
  ],
  [
    'forest',
    'forest forests wood woods woodland jungle tree trees pine pines foresta bosco boschi giungla albero alberi 森林 樹 树 林',
  ],
  [
    'mountains',
    'mountain mountains hill hills alps peak peaks valley lake landscape montagna montagne collina colline alpi valle lago paesaggio 山 山脈 山脉 湖 風景 风景',
  ],
  ['shapes', 'abstract geometric geometry pattern minimal bauhaus shapes astratto geometric* 抽象 幾何 几何'],
];

const TIMES: readonly (readonly [TimeOfDay, string])[] = [
  [
    'sunset',
    'sunset dusk evening twilight golden autumn tramonto crepuscolo sera autunno 夕陽 夕阳 日落 黃昏 黄昏 傍晚',
  ],
  [
    'night',
    'night nighttime midnight moon moonlight moonlit moody star stars starry dark aurora neon cyberpunk notte mezzanotte luna stelle stellata aurora 夜 午夜 月 星空 霓虹 極光 极光',
  ],
  ['dawn', 'dawn sunrise morning pastel alba mattina mattino 黎明 日出 清晨 早晨'],
  ['day', 'day daylight noon sunny summer spring giorno estate primavera sole 白天 晴 夏 春'],
];

const COLOURS: readonly (readonly [string, string])[] = [
  ['#e5383b', 'red crimson scarlet rosso rossa rossi 紅 红'],
  ['#f77f00', 'orange arancione 橙'],
  ['#f6bd2f', 'yellow gold giallo gialla oro 黃色 黄色 金色'],
  ['#38b26f', 'green emerald verde verdi 綠 绿'],
  ['#2a8fe6', 'blue azure blu azzurro 藍 蓝'],
  ['#9457eb', 'purple violet viola 紫'],
  ['#f45b93', 'pink magenta rosa 粉'],
  ['#1fbfb8', 'teal turquoise cyan turchese 青'],
];

const WEATHER = {
  neon: 'neon cyberpunk synthwave vaporwave insegna insegne 霓虹 賽博朋克 赛博朋克',
  rain: 'rain rainy raining wet storm stormy umbrella drizzle pioggia piovos* ombrello temporale 雨',
  snow: 'snow snowy snowing winter snowfall blizzard neve innevat* inverno nevicata 雪 冬',
  mist: 'mist misty fog foggy haze hazy nebbia foschia 霧 雾',
  man: 'man men boy gentleman uomo ragazzo 男',
  glowing:
    'bioluminescent glowing luminous fireflies magical fairy luminos* bioluminescent* lucciole 發光 发光 螢火 萤火',
} as const;

const ANIMALS: readonly (readonly [SceneWords['animal'], string])[] = [
  ['dog', 'dog dogs puppy wolf cane lupo 狗'],
  ['fox', 'fox foxes volpe 狐'],
  ['bird', 'bird birds owl uccello uccelli gufo 鳥 鸟'],
  ['whale', 'whale whales fish dolphin balena pesce 鯨 鲸 魚 鱼'],
];

interface Text {
  whole: string;
  tokens: readonly string[];
}

/** The prompt in lower case and its words. */
export function readText(prompt: string): Text {
  const whole = prompt.normalize('NFC').toLowerCase();
  return { whole, tokens: whole.match(/[\p{Script=Latin}\p{M}\d]+/gu) ?? [] };
}

/** Whether any of the words, separated by spaces, is in the text. */
export function mentions({ whole, tokens }: Text, words: string): boolean {
  return words.split(' ').some((word) => {
    if (/\p{Script=Han}/u.test(word)) return whole.includes(word);
    if (word.endsWith('*')) return tokens.some((token) => token.startsWith(word.slice(0, -1)));
    return tokens.includes(word);
  });
}

/** Reads a prompt; what its words leave open is settled by its hash, so that every prompt has a look of its own. */
export function readSceneWords(prompt: string): SceneWords {
  const text = readText(prompt);
  const hash = hashText(text.whole);
  const first = <T>(list: readonly (readonly [T, string])[]) =>
    list.find(([, words]) => mentions(text, words))?.[0];

  const named = SUBJECTS.filter(([, words]) => mentions(text, words)).map(([subject]) => subject);
  const weather = {
    neon: mentions(text, WEATHER.neon),
    rain: mentions(text, WEATHER.rain),
    snow: mentions(text, WEATHER.snow),
    mist: mentions(text, WEATHER.mist),
    man: mentions(text, WEATHER.man) && !mentions(text, 'woman women girl lady donna ragazza 女'),
    glowing: mentions(text, WEATHER.glowing),
  };
  return {
    ...weather,
    subject: named[0] ?? unnamedSubject(weather, hash),
    also: new Set(named),
    time: first(TIMES) ?? unnamedTime(named[0], hash),
    animal: first(ANIMALS) ?? 'cat',
    colour: first(COLOURS),
    has: (words) => mentions(text, words),
    hash,
  };
}

function unnamedSubject(
  { neon, rain, snow }: Pick<SceneWords, 'neon' | 'rain' | 'snow'>,
  hash: number,
): Subject {
  if (neon) return 'street';
  if (rain) return 'city';
  if (snow) return 'mountains';
  return (['mountains', 'shapes', 'sea', 'forest', 'desert', 'shapes', 'flowers', 'mountains'] as const)[
    hash % 8
  ]!;
}

function unnamedTime(subject: Subject | undefined, hash: number): TimeOfDay {
  if (subject === 'space') return 'night';
  if (subject === 'office' || subject === 'still-life') return (['day', 'dawn'] as const)[hash % 2]!;
  return (['sunset', 'day', 'dawn', 'night', 'day', 'sunset', 'day'] as const)[(hash >>> 8) % 7]!;
}
