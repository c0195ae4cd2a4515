/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All actions. To add one: declare it here, add a line to table.c, and write its file. */
#pragma once

#include "starhash/action.h"

extern const struct action action_bill_fees;
extern const struct action action_bill_lines;
extern const struct action action_bill_list;
extern const struct action action_data_accesses;
extern const struct action action_data_mine;
extern const struct action action_language_set;
extern const struct action action_line_resume;
extern const struct action action_line_suspend;
extern const struct action action_message_choices;
extern const struct action action_message_mine;
extern const struct action action_message_set;
extern const struct action action_message_threshold;
extern const struct action action_orders_mine;
extern const struct action action_password_change;
extern const struct action action_password_check;
extern const struct action action_points_list;
extern const struct action action_proposal_accept;
extern const struct action action_proposal_decline;
extern const struct action action_service_activate;
extern const struct action action_service_catalogue;
extern const struct action action_service_change;
extern const struct action action_service_deactivate;
extern const struct action action_service_excluding;
extern const struct action action_service_instead;
extern const struct action action_service_mine;
extern const struct action action_service_offered;
extern const struct action action_survey_answer;
extern const struct action action_survey_offer;
extern const struct action action_ticket_agent;
extern const struct action action_ticket_answers;
extern const struct action action_ticket_dispute;
extern const struct action action_ticket_find;
extern const struct action action_ticket_mine;
extern const struct action action_ticket_open;
extern const struct action action_ticket_reopen;
extern const struct action action_ticket_request;
extern const struct action action_ticket_resolve;
extern const struct action action_ticket_write;
extern const struct action action_trial_accept;
