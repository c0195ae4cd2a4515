/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts of a report: a column for each language. */
#include "tool/report/words.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const codes[REPORT_LANGUAGES] = { "en", "zh", "ar" };

static const char *const words[WORD_COUNT][REPORT_LANGUAGES] = {
	[WORD_COLON] = { ": ", "：", ": " },
	[WORD_SEMICOLON] = { "; ", "；", "؛ " },
	[WORD_OPEN] = { " (", "（", " (" },
	[WORD_CLOSE] = { ")", "）", ")" },
	[WORD_ISOLATE] = { "", "", "\u2066" },
	[WORD_ISOLATED] = { "", "", "\u2069" },
	[WORD_TITLE] = { "Service report", "服务质量报告", "تقرير جودة الخدمة" },
	[WORD_PERIOD] = { "Period", "统计周期", "الفترة" },
	[WORD_TIME_ZONE] = { "time zone", "时区", "المنطقة الزمنية" },
	[WORD_RECORDS] = { "Records of this period", "本周期记录数", "سجلات هذه الفترة" },
	[WORD_BAD] = { "damaged lines left out", "已忽略的损坏行", "أسطر تالفة لم تُحتسب" },
	[WORD_FIRST] = { "The journal begins", "日志开始于", "بداية السجل" },
	[WORD_LAST] = { "ends", "结束于", "نهايته" },
	[WORD_INCOMPLETE] = { "The journal does not cover the whole period: the figures of requests and messages are incomplete.",
			      "日志未覆盖整个统计周期，请求和消息的数据不完整。",
			      "لا يغطي السجل الفترة كلها، ولذلك فإن أرقام الطلبات والرسائل غير مكتملة." },
	[WORD_NOTE_ENDS] = { "Abandoned: the subscriber left, perhaps after reading all that they wanted. Timed out: the subscriber did "
			     "not answer. Failed: because of this server or of a system behind it.",
			     "用户中断：用户已离开，也可能是看完所需内容后离开。超时：用户未作答。失败：由本系统或其后台系统造成。",
			     "متروكة: غادر المشترك، وربما بعد أن قرأ كل ما أراد. انتهت مهلتها: لم يجب المشترك. "
			     "فاشلة: بسبب هذا الخادم أو نظام خلفه." },
	[WORD_NOTE_MESSAGES] = { "Messages: sent without a request, such as notifications and questions that nobody answered.",
				 "主动消息：并非应用户请求而发送的消息，如通知和未获答复的询问。",
				 "الرسائل: ما أُرسل دون طلب، كالإشعارات والأسئلة التي لم يُجب عنها أحد." },
	[WORD_NOTE_WAITS] = { "Waiting times: from an input to its page, as this server measures them, for each page that was shown. "
			      "Percentiles are at most 7 % too high.",
			      "等待时间：本系统测得的从用户输入到返回页面的时间，按每次展示的页面统计。百分位数的偏高不超过 7 %。",
			      "أوقات الانتظار: من الإدخال حتى صفحته كما يقيسها هذا الخادم، لكل صفحة عُرضت. "
			      "قد تزيد المئينات عن القيمة الفعلية بما لا يتجاوز 7 %." },
	[WORD_NOTE_PAGES] = { "By page: how the requests ended whose last page it was.", "按页面：以该页面为最后一页的请求的结束情况。",
			      "حسب الصفحة: كيف انتهت الطلبات التي كانت هذه آخر صفحة فيها." },
	[WORD_NOTE_TICKETS] = { "Answers due: first answers that had to be given in this period. Resolved: of the tickets closed, those "
				"whose subscriber said so, or was silent. Repeated: the subscriber had opened another of the kind less "
				"than 30 days before.",
				"应答复数：应在本周期内首次答复的工单。已解决：已办结工单中用户确认已解决或未再答复的。"
				"重复投诉：同一用户在 30 天内就同类问题再次提出的。",
				"أجوبة مستحقة: الأجوبة الأولى التي وجب تقديمها في هذه الفترة. المحلولة: من البلاغات المغلقة، "
				"ما أكد المشترك حله أو سكت عنه. "
				"المكررة: سبق للمشترك أن فتح بلاغًا آخر من النوع نفسه قبل أقل من 30 يومًا." },
	[WORD_NOTE_TARGETS] = { "Targets: of all kinds that are owed an answer. Months missed: in a row, up to the last month of this "
				"period, minor breaches included.",
				"考核指标：统计所有须答复的工单类型。连续未达标月数：截至本周期最后一个月，包括轻微未达标。",
				"الأهداف: لكل الأنواع التي يستحق أصحابها جوابًا. أشهر متتالية دون الهدف: حتى آخر شهر من هذه الفترة، "
				"ومنها الإخلال الطفيف." },
	[WORD_SUMMARY] = { "Summary", "总览", "ملخص" },
	[WORD_BY_LINK] = { "By link", "按接入链路", "حسب الوصلة" },
	[WORD_BY_ENTRY] = { "By entry", "按业务入口", "حسب المدخل" },
	[WORD_BY_PAGE] = { "By page", "按页面", "حسب الصفحة" },
	[WORD_BY_HOUR] = { "By hour of the day", "按时段", "حسب ساعة اليوم" },
	[WORD_NAME] = { "", "", "" },
	[WORD_LINK] = { "Link", "链路", "الوصلة" },
	[WORD_ENTRY] = { "Entry", "入口", "المدخل" },
	[WORD_PAGE] = { "Page", "页面", "الصفحة" },
	[WORD_HOUR] = { "Hour", "时段", "الساعة" },
	[WORD_ALL] = { "All", "全部", "الكل" },
	[WORD_OTHERS] = { "Others", "其他", "أخرى" },
	[WORD_NO_ENTRY] = { "No entry", "无入口", "بلا مدخل" },
	[WORD_REQUESTS] = { "Requests", "请求数", "الطلبات" },
	[WORD_WELL] = { "Completed", "正常完成", "مكتملة" },
	[WORD_REFUSED] = { "Refused", "被拒绝", "مرفوضة" },
	[WORD_ABANDONED] = { "Abandoned", "用户中断", "متروكة" },
	[WORD_TIMED_OUT] = { "Timed out", "超时", "انتهت مهلتها" },
	[WORD_FAILED] = { "Failed", "失败", "فاشلة" },
	[WORD_MESSAGES] = { "Messages", "主动消息", "الرسائل" },
	[WORD_PAGES] = { "Pages", "展示页数", "الصفحات" },
	[WORD_SHOWN] = { "Shown", "展示次数", "مرات العرض" },
	[WORD_ENDED_HERE] = { "Ended here", "在此结束", "انتهت هنا" },
	[WORD_MEDIAN] = { "Median ms", "中位数 ms", "الوسيط ms" },
	[WORD_95] = { "95 % ms", "95 % ms", "95 % ms" },
	[WORD_99] = { "99 % ms", "99 % ms", "99 % ms" },
	[WORD_MOST] = { "Most ms", "最长 ms", "الأطول ms" },
	[WORD_CHART_HOURS] = { "Requests by hour of the day, and how they ended", "各时段请求数及结束情况", "الطلبات حسب ساعة اليوم وكيف انتهت" },
	[WORD_CHART_WAITS] = { "Waiting time by hour of the day, in milliseconds", "各时段等待时间（毫秒）",
			       "وقت الانتظار حسب ساعة اليوم بالملّي ثانية" },
	[WORD_CHART_LINKS] = { "How requests ended, by link", "各链路请求结束情况", "كيف انتهت الطلبات حسب الوصلة" },
	[WORD_CHART_PAGES] = { "How requests ended, by their last page", "各末页请求结束情况", "كيف انتهت الطلبات حسب آخر صفحة" },
	[WORD_TICKETS] = { "Tickets by kind", "各类工单", "البلاغات حسب النوع" },
	[WORD_KIND] = { "Kind", "类型", "النوع" },
	[WORD_DUE] = { "Answers due", "应答复数", "أجوبة مستحقة" },
	[WORD_CLOSED] = { "Closed", "办结数", "المغلقة" },
	[WORD_CASES] = { "Cases", "件数", "الحالات" },
	[WORD_OPENED] = { "Opened", "受理数", "المفتوحة" },
	[WORD_IN_TIME] = { "Answered in time", "按时答复", "أُجيب عنها في الموعد" },
	[WORD_RESOLVED] = { "Resolved", "已解决", "المحلولة" },
	[WORD_REPEATED] = { "Repeated", "重复投诉", "المكررة" },
	[WORD_TARGETS] = { "Targets", "考核指标", "الأهداف" },
	[WORD_MEASURE] = { "Indicator", "指标", "المؤشر" },
	[WORD_MEASURED] = { "Measured", "实际值", "القيمة" },
	[WORD_TARGET] = { "Target", "目标值", "الهدف" },
	[WORD_STATE] = { "State", "状态", "الحالة" },
	[WORD_SATISFIED] = { "Satisfied", "满意", "الراضون" },
	[WORD_MET] = { "met", "达标", "محقق" },
	[WORD_MINOR] = { "minor breach", "轻微未达标", "إخلال طفيف" },
	[WORD_MISSED] = { "missed", "未达标", "غير محقق" },
	[WORD_MONTHS_MISSED] = { "Months missed", "连续未达标月数", "أشهر متتالية دون الهدف" },
	[WORD_AT_LEAST] = { "≥", "≥", "لا يقل عن" },	/* right to left, the signs would be mirrored */
	[WORD_AT_MOST] = { "≤", "≤", "لا يزيد على" },
	[WORD_MARK] = { "Mark", "标记", "علامة" },
	[WORD_MARKED_FROM] = { "missed ", "连续 ", "أشهر متتالية دون الهدف: " },
	[WORD_MARKED] = { " or more months running", " 个月及以上未达标", " فأكثر" },
	[WORD_SURVEYS] = { "Satisfaction, by the page before the question", "满意度（按提问前的页面）", "الرضا، بحسب الصفحة التي يليها السؤال" },
	[WORD_ASKED] = { "Asked", "询问次数", "المسؤولون" },
	[WORD_ANSWERED] = { "Answered", "已评价", "المجيبون" },
	[WORD_AVERAGE] = { "Average", "平均分", "المتوسط" },
	[WORD_NOTE_SURVEYS] = { "Satisfied: answers of 4 or 5, of 1 to 5. An answer counts on the day on which it was given.",
		"满意：1至5分中的4分或5分；按评价当日统计。", "الراضون: من أجابوا بـ 4 أو 5 من 1 إلى 5. يُحسب الجواب في يومه." },
	[WORD_ORDERS] = { "Orders and refunds", "订单与退费", "الأوامر والمبالغ المعادة" },
	[WORD_ORDERS_DONE] = { "Done", "已完成", "المنفذة" },
	[WORD_ORDERS_REFUSED] = { "Refused", "被拒绝", "المرفوضة" },
	[WORD_ORDERS_DEAD] = { "Not delivered", "无法送达", "تعذّر تسليمها" },
	[WORD_REFUNDS] = { "Refunds", "退费笔数", "عمليات الإعادة" },
	[WORD_REFUNDED] = { "Refunded", "退费金额", "المبلغ المعاد" },
};

const char *report_word(enum report_language language, enum report_word word)
{
	return words[word][language];
}

static const struct {
	const char *name;
	const char *words[REPORT_LANGUAGES];
} kinds[] = {
	{ "complaint", { "Complaint", "投诉", "شكوى" } },
	{ "suggestion", { "Suggestion", "建议", "اقتراح" } },
	{ "nuisance", { "Nuisance message", "骚扰短信举报", "رسالة مزعجة" } },
	{ "network", { "Network problem", "网络故障申告", "مشكلة في الشبكة" } },
	{ "dispute", { "Disputed charge", "费用争议", "اعتراض على رسم" } },
	{ "deletion", { "Deletion of data", "个人数据删除", "حذف البيانات" } },
	{ "compliment", { "Compliment", "表扬", "شكر" } },
	{ "agent", { "Call for a person", "人工服务", "طلب موظف" } },
};

const char *report_kind_name(enum report_language language, const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].words[language];
	return name;
}

const char *report_language_code(enum report_language language)
{
	return codes[language];
}

bool report_language_find(const char *code, enum report_language *language)
{
	for (*language = 0; *language < REPORT_LANGUAGES; (*language)++)
		if (!strcmp(code, codes[*language]))
			return true;
	return false;
}

enum report_language report_language_default(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	enum report_language language;
	char code[3] = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (!value || !*value)
			continue;
		/* "zh_CN.UTF-8", "ar", but not "C" or "art" */
		if (strcspn(value, "_.@") == 2)
			memcpy(code, value, 2);
		return report_language_find(code, &language) ? language : REPORT_EN;
	}
	return REPORT_EN;
}
