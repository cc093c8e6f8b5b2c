/** What others have written, without what a terminal would obey: escape sequences and the like. Line breaks and tabs stay. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '');

/** The same, on one line. */
export const oneLine = (text: string): string => printable(text).replace(/\s+/g, ' ').trim();
